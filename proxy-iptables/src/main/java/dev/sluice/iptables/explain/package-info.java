// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Traces a packet through the rendered rules. Reads nothing from the kernel. */
@NullMarked
package dev.sluice.iptables.explain;

import org.jspecify.annotations.NullMarked;
