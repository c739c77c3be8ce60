// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Traces a packet through the table as it was applied. Reads nothing from the kernel. */
@NullMarked
package dev.sluice.nftables.explain;

import org.jspecify.annotations.NullMarked;
