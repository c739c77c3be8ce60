// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.linux.Errno;
import dev.sluice.userspace.routing.RoutingTable;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A listening socket on one event loop, which relays what it accepts. */
final class TcpListener implements LoopHandle {
    private static final Logger LOG = LoggerFactory.getLogger(TcpListener.class);
    /** After this many connections others have their turn. */
    private static final int MOST = 64;

    private static final long PAUSE_SECONDS = 1;

    private final LoopContext context;
    private final RoutingTable table;
    private final OriginalDestinations destinations;
    private final FileDescriptor descriptor;
    private @Nullable IoRegistration registration;
    /**
     * How many connections to accept for one event. It is level-triggered and comes again while others wait; so it
     * takes no call that returns EAGAIN to be sure, and no event for each connection while there are many.
     */
    private int batch = 1;
    /** Whether connections have waited for descriptors since the last time that none was left to accept. */
    private boolean exhausted;

    TcpListener(LoopContext context, RoutingTable table, OriginalDestinations destinations, int descriptor) {
        this.context = context;
        this.table = table;
        this.destinations = destinations;
        this.descriptor = new FileDescriptor(descriptor);
    }

    /** Begins to accept; returns when it has begun. */
    void start() {
        IoRegistration on = ((IoEventLoop) context.loop)
                .register(this)
                .syncUninterruptibly()
                .getNow();
        context.loop
                .submit(() -> {
                    registration = on;
                    on.submit(EpollIoOps.EPOLLIN);
                })
                .syncUninterruptibly();
    }

    @Override
    public FileDescriptor fd() {
        return descriptor;
    }

    @Override
    public void handle(IoRegistration from, IoEvent event) {
        if (registration == null) {
            return;
        }
        int count = 0;
        while (count < batch) {
            int accepted = context.sockets.accept(descriptor.intValue());
            if (accepted >= 0) {
                count++;
                relay(accepted, context.sockets.peer(table.family()));
            } else if (accepted == -Errno.EAGAIN) {
                batch = Math.max(count, 1);
                allAccepted();
                return;
            } else if (isExhausted(-accepted)) {
                pause(-accepted);
                return;
            } else {
                count++; // this connection has failed already (accept(2)); others wait behind it
            }
        }
        batch = Math.min(2 * batch, MOST);
    }

    private void relay(int accepted, SocketAddress client) {
        TcpRelay relay = null;
        try {
            relay = new TcpRelay(context, table, accepted, client);
            relay.start(destinations);
        } catch (Throwable e) {
            ProcessEnd.ifFatal(e);
            SupervisedLoops.log(e);
            if (relay == null) {
                context.sockets.close(accepted);
            } else {
                relay.abort();
            }
        }
    }

    private static boolean isExhausted(int error) {
        return switch (error) {
            case Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM -> true;
            default -> false;
        };
    }

    private void allAccepted() {
        if (exhausted) {
            exhausted = false;
            LOG.info("connections that waited have been accepted");
        }
    }

    /** Without a pause the event would come again at once. */
    private void pause(int error) {
        if (!exhausted) {
            exhausted = true;
            LOG.atWarn()
                    .addKeyValue("cause", Errno.describe(error))
                    .log("connections wait: they are accepted once others have ended");
        }
        submit(EpollIoOps.NONE);
        var _ = context.loop.schedule(() -> submit(EpollIoOps.EPOLLIN), PAUSE_SECONDS, TimeUnit.SECONDS);
    }

    private void submit(EpollIoOps interest) {
        IoRegistration on = registration;
        if (on != null) {
            on.submit(interest);
        }
    }

    /** Nothing is lost: the event comes again. */
    @Override
    public void failed() {}

    /** Stops listening; connections that wait to be accepted are reset. On the event loop. */
    @Override
    public void close() throws IOException {
        IoRegistration on = registration;
        if (on != null) {
            registration = null;
            on.cancel();
        }
        descriptor.close();
    }
}
