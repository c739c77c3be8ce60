// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * nftables mode: one table of nf_tables for each family, whose rules and chains are the same for all Services. Services
 * are elements of its sets and maps, so that a change of one costs the same among any number.
 */
@NullMarked
package dev.sluice.nftables;

import org.jspecify.annotations.NullMarked;
