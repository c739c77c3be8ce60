// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The benchmark of ipvs mode with many Services, beside ipvsadm, ipset and ip with the same content. */
@NullMarked
package dev.sluice.bench.ipvs;

import org.jspecify.annotations.NullMarked;
