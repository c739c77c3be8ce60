// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Makes the kernel hold the rendered rules, in as few restores as possible. Knows whose a rule is, but not what it
 * says.
 */
@NullMarked
package dev.sluice.iptables.sync;

import org.jspecify.annotations.NullMarked;
