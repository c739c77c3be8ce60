/**
 * Netlink sockets, messages and attributes: requests, dumps, batches, transactions and notifications, whatever the
 * protocol.
 */
@NullMarked
package dev.sluice.linux.netlink;

import org.jspecify.annotations.NullMarked;
