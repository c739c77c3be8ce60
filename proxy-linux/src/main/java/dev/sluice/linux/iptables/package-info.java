// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Runs iptables-restore and iptables-save in the variant that the host uses, and compares tables as text. Knows no rule
 * by its meaning.
 */
@NullMarked
package dev.sluice.linux.iptables;

import org.jspecify.annotations.NullMarked;
