// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The IP sets that remember the clients of ports with session affinity: whether this host has such sets, and which of
 * them exist. Knows the names of sets, and not the rules that refer to them.
 */
@NullMarked
package dev.sluice.iptables.affinity;

import org.jspecify.annotations.NullMarked;
