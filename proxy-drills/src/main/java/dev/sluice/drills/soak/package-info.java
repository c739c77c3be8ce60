// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The userspace proxy under mixed load for a long time: nothing may be lost, changed, or kept for ever. */
@NullMarked
package dev.sluice.drills.soak;

import org.jspecify.annotations.NullMarked;
