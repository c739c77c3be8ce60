// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** A demo: a small cluster that shows the daemon at work. */
@NullMarked
package dev.sluice.drills.demo;

import org.jspecify.annotations.NullMarked;
