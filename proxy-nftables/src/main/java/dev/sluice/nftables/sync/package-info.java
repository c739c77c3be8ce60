// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Compares the desired elements with what is applied, and writes the difference in transactions. */
@NullMarked
package dev.sluice.nftables.sync;

import org.jspecify.annotations.NullMarked;
