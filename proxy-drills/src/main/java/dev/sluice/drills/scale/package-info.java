// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Runs the daemon with many Services and prints what a start and a change cost. */
@NullMarked
package dev.sluice.drills.scale;

import org.jspecify.annotations.NullMarked;
