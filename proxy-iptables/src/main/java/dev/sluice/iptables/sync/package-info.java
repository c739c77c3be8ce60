// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Makes the kernel hold the rendered rules, in as few restores as possible. Knows the owner of a rule, but not its
 * meaning.
 */
@NullMarked
package dev.sluice.iptables.sync;

import org.jspecify.annotations.NullMarked;
