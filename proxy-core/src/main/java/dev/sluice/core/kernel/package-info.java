// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Names for what modes keep in the kernel and count. Knows no single table, chain, set or device; the modes and
 * proxy-linux do.
 */
@NullMarked
package dev.sluice.core.kernel;

import org.jspecify.annotations.NullMarked;
