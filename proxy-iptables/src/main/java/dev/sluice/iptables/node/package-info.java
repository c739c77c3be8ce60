// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The node's addresses, kernel parameters and packet counters, as far as rules depend on them. Knows no Services. */
@NullMarked
package dev.sluice.iptables.node;

import org.jspecify.annotations.NullMarked;
