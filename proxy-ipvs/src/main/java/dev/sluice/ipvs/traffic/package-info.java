// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The traffic counters of virtual servers, summed by service port. */
@NullMarked
package dev.sluice.ipvs.traffic;

import org.jspecify.annotations.NullMarked;
