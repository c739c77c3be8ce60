// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The epoll proxy: event loops, listening sockets, TCP relays and UDP flows. Knows routes, but neither rules nor sets.
 */
@NullMarked
package dev.sluice.userspace.engine;

import org.jspecify.annotations.NullMarked;
