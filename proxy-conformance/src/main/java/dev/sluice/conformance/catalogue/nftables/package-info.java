// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** What only nftables mode does: its table, and the repair of it. */
@NullMarked
package dev.sluice.conformance.catalogue.nftables;

import org.jspecify.annotations.NullMarked;
