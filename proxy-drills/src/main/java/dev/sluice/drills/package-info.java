// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The demo and the drills: programs that run the built daemon in the lab under traffic. They know the daemon as a
 * process.
 */
@NullMarked
package dev.sluice.drills;

import org.jspecify.annotations.NullMarked;
