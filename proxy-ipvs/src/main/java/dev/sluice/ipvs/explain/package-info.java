// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Where the desired state sends a packet, rule by rule. Does not read the kernel. */
@NullMarked
package dev.sluice.ipvs.explain;

import org.jspecify.annotations.NullMarked;
