/** Netlink: sockets, messages, attributes, and the conversation of requests, dumps, batches and notifications. */
@NullMarked
package dev.sluice.linux.netlink;

import org.jspecify.annotations.NullMarked;
