/** The epoll proxy: event loops, listening sockets, TCP relays and UDP flows. */
@NullMarked
package dev.sluice.userspace.engine;

import org.jspecify.annotations.NullMarked;
