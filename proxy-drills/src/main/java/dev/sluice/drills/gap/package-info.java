// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** A drill for gaps that a proxy opens when it writes rules: new connections without end while rules change. */
@NullMarked
package dev.sluice.drills.gap;

import org.jspecify.annotations.NullMarked;
