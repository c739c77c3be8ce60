// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The sets, chains and rules of the table that do not depend on Services, and the numbers that packets carry. */
@NullMarked
package dev.sluice.nftables.layout;

import org.jspecify.annotations.NullMarked;
