// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** A drill for repairs: what other programs break under traffic, and how long the repair takes. */
@NullMarked
package dev.sluice.drills.repair;

import org.jspecify.annotations.NullMarked;
