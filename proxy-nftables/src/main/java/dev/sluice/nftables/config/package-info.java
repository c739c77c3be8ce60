// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The options of nftables mode, with their fields, flags and defaults. Knows nothing of the kernel. */
@NullMarked
package dev.sluice.nftables.config;

import org.jspecify.annotations.NullMarked;
