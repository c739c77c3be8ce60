// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Two connections between which the kernel moves the bytes (splice(2)), on the event loop that carried them before. As
 * in a {@link RelaySide}, an end of stream is passed on as such, and a reset as a reset, except to a side that is still
 * owed the rest of a stream that ended in order.
 */
final class SplicedRelay implements Runnable {
    private static final long LATER_MILLIS = 20;

    private final LoopContext context;
    private final SplicedSide client;
    private final SplicedSide endpoint;
    private final SplicedStream toEndpoint;
    private final SplicedStream toClient;
    private boolean closed;
    private boolean lingering;
    private boolean running;
    private boolean waiting;

    SplicedRelay(LoopContext context, RelaySide client, RelaySide endpoint) {
        this.context = context;
        this.client = new SplicedSide(this, client);
        this.endpoint = new SplicedSide(this, endpoint);
        toEndpoint = new SplicedStream(context.pipes, this, this.client, this.endpoint);
        toClient = new SplicedStream(context.pipes, this, this.endpoint, this.client);
        client.handOver(this);
        endpoint.handOver(this);
    }

    void start() {
        context.counters.spliced.increment();
        register(client);
        register(endpoint);
        run();
    }

    private void register(SplicedSide side) {
        Future<IoRegistration> registered = ((IoEventLoop) context.loop).register(side);
        if (registered.isSuccess()) { // on the loop itself it is done at once
            side.registered(registered.getNow());
        } else {
            abort();
        }
    }

    /** Moves what can be moved, in both directions; a connection for which that fails is reset. */
    @Override
    public void run() {
        SupervisedLoops.guard(this::move, this::abort);
    }

    private void move() {
        waiting = false;
        if (closed || running) {
            return;
        }
        running = true;
        boolean more = toEndpoint.move();
        if (!closed) {
            more |= toClient.move();
        }
        running = false;
        if (closed) {
            return;
        }
        if (toEndpoint.isDone() && toClient.isDone()) {
            end(false);
        } else if (lingering && discarded().hasEnded()) {
            abort();
        } else if (more) {
            runAgain(0);
        }
    }

    private SplicedStream discarded() {
        return client.isOpen() ? toEndpoint : toClient;
    }

    /** Tries again in a while. */
    void tryLater() {
        runAgain(LATER_MILLIS);
    }

    private void runAgain(long millis) {
        if (waiting) {
            return;
        }
        waiting = true;
        if (millis == 0) {
            context.loop.execute(this);
        } else {
            var _ = context.loop.schedule(this, millis, TimeUnit.MILLISECONDS);
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** The pending error of {@code side}'s socket, 0 for none. */
    int takeError(SplicedSide side) {
        return context.pipes.takeError(side.descriptor());
    }

    /** Notes that the connection of {@code side} has failed. */
    void failed(SplicedSide side) {
        if (closed) {
            return;
        }
        SplicedStream rest = side == client ? toEndpoint : toClient;
        if (lingering || !rest.hasEnded()) {
            abort();
            return;
        }
        lingering = true;
        (side == client ? toClient : toEndpoint).discard();
        side.close(true);
        var _ = context.loop.schedule(this::abort, RelaySide.LINGER_SECONDS, TimeUnit.SECONDS);
    }

    /** Resets both connections, unless they are closed already. */
    void abort() {
        if (!closed) {
            end(true);
        }
    }

    private void end(boolean reset) {
        closed = true;
        endpoint.close(reset);
        client.close(reset);
        toEndpoint.release();
        toClient.release();
        client.side().closedBySplice();
    }
}
