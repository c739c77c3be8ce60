// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The rules and set elements that lead Service traffic to the proxy's sockets, refuse it, or drop it. Pure: knows the
 * rule language, but neither the tools nor the sockets.
 */
@NullMarked
package dev.sluice.userspace.rules;

import org.jspecify.annotations.NullMarked;
