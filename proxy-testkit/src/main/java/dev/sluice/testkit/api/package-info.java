// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** API servers for tests: one that works and can be told to refuse, and one that misbehaves byte by byte. */
@NullMarked
package dev.sluice.testkit.api;

import org.jspecify.annotations.NullMarked;
