// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Holds the table of rooms in {@code docs/architecture.md} against the compiled classes. Knows no room but by its row. */
@NullMarked
package dev.sluice.testkit.rooms;

import org.jspecify.annotations.NullMarked;
