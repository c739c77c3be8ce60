// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The answers of {@code sluice explain} in this mode: the way of a packet through the rules, then the choice of the
 * proxy.
 */
@NullMarked
package dev.sluice.userspace.explain;

import org.jspecify.annotations.NullMarked;
