// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Finds out whether the kernel takes all that the mode writes. Leaves nothing behind. */
@NullMarked
package dev.sluice.nftables.trial;

import org.jspecify.annotations.NullMarked;
