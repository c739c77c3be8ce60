// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Checks the compiled classes against the table of rooms in {@code docs/architecture.md}. Knows a room only by its row.
 */
@NullMarked
package dev.sluice.testkit.rooms;

import org.jspecify.annotations.NullMarked;
