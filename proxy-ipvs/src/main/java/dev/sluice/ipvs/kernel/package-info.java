// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Reads and writes what ipvs mode keeps in the kernel. Knows what is ours there, but not why it is desired. */
@NullMarked
package dev.sluice.ipvs.kernel;

import org.jspecify.annotations.NullMarked;
