// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Renders Services as rules, in the text form of {@code iptables-save}. Does no I/O and does not know what the kernel
 * holds.
 */
@NullMarked
package dev.sluice.iptables.render;

import org.jspecify.annotations.NullMarked;
