// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Looks for the gaps that a proxy's way of writing rules opens: new connections without end while rules change. */
@NullMarked
package dev.sluice.drills.gap;

import org.jspecify.annotations.NullMarked;
