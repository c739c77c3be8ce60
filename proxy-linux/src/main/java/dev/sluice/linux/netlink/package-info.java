// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Netlink sockets, messages and attributes: requests, dumps, batches, transactions and notifications, whatever the
 * protocol.
 */
@NullMarked
package dev.sluice.linux.netlink;

import org.jspecify.annotations.NullMarked;
