// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The trees of chains that lead a packet from the shared chains to those of its Service port, and how they change.
 * Knows rules by their text alone, and does no I/O.
 */
@NullMarked
package dev.sluice.iptables.dispatch;

import org.jspecify.annotations.NullMarked;
