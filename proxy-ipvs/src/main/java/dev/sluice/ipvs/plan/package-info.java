// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** What the kernel should hold for each service port, what it is known to hold, and the commands between the two. No I/O. */
@NullMarked
package dev.sluice.ipvs.plan;

import org.jspecify.annotations.NullMarked;
