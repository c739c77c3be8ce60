// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Faults inside a daemon under test: threads that fail, a clock that jumps. The daemon's code knows nothing of it. */
@NullMarked
package dev.sluice.testkit.inject;

import org.jspecify.annotations.NullMarked;
