// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Drills: what somebody breaks under traffic, and how long it takes until it is whole again. */
@NullMarked
package dev.sluice.drills.repair;

import org.jspecify.annotations.NullMarked;
