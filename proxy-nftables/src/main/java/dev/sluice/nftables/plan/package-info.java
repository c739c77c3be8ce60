// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** What one service port needs in the table: pools of endpoints, and elements of sets. Pure; writes nothing. */
@NullMarked
package dev.sluice.nftables.plan;

import org.jspecify.annotations.NullMarked;
