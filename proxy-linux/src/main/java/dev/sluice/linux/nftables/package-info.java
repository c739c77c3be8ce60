// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** nf_tables over nfnetlink: tables, chains, rules, sets, maps and their elements, in atomic transactions. */
@NullMarked
package dev.sluice.linux.nftables;

import org.jspecify.annotations.NullMarked;
