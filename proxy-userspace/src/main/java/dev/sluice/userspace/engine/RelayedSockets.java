// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.linux.Errno;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The two sockets of a {@link TcpRelay}, and the streams between them.
 *
 * <p>An end of stream is passed on as such, after the bytes before it, while the other direction continues. When both
 * directions have ended, both connections are closed. A reset is passed on as a reset, except to a side that is still
 * owed the rest of a stream that ended in order: a reset would overtake it, so what that side sends meanwhile is
 * discarded.
 */
abstract class RelayedSockets implements Runnable {
    private static final int LINGER_SECONDS = 2;
    private static final long LATER_MILLIS = 20;

    final LoopContext context;
    final RelaySocket client;

    @Nullable
    RelaySocket endpoint;

    /** Null until an endpoint has accepted the connection, like {@link #toClient}. */
    private @Nullable RelayStream toEndpoint;

    private @Nullable RelayStream toClient;

    private boolean closed;
    private boolean ended;
    private boolean lingering;
    private boolean splicing;
    private boolean running;
    private boolean waiting;

    /** @param accepted the descriptor of the client's connection */
    RelayedSockets(LoopContext context, int accepted) {
        this.context = context;
        client = RelaySocket.accepted(context, this, accepted);
    }

    /**
     * Called when {@code socket} is ready, before the sockets are joined.
     *
     * @param failed whether it has an error
     */
    abstract void readyToJoin(RelaySocket socket, boolean failed);

    /** Called once the client's connection is closed, or both are. */
    abstract void clientLeft();

    /** Called when both connections are closed. */
    abstract void closed();

    boolean isClosed() {
        return closed;
    }

    boolean isJoined() {
        return toEndpoint != null;
    }

    /** The bytes that have passed in both directions. */
    long moved() {
        return toEndpoint == null || toClient == null ? 0 : toEndpoint.moved() + toClient.moved();
    }

    /**
     * Starts to pass on what either side sends.
     *
     * @param header sent to the endpoint before anything of the client
     */
    void join(RelaySocket to, byte[] header, LongAdder portBytesIn, LongAdder portBytesOut) {
        RelayStream up = new RelayStream(context, this, client, to, context.counters.toEndpoints, portBytesIn);
        toEndpoint = up;
        toClient = new RelayStream(context, this, to, client, context.counters.toClients, portBytesOut);
        if (header.length > 0) {
            up.begin(header);
        }
    }

    /**
     * Called when {@code socket} is ready.
     *
     * @param failed whether it has an error
     */
    void ready(RelaySocket socket, boolean failed) {
        if (toEndpoint == null) {
            readyToJoin(socket, failed);
        } else if (failed && !socket.isFinished() && socket.takeError() != Errno.EPIPE) {
            failed(socket); // a read would show it too, but nothing is read while the other side is full
        } else {
            move();
        }
    }

    /** Sets what a connection to an endpoint needs that lives longer. */
    void keepAlive() {
        RelaySocket to = endpoint;
        if (to != null && to.isOpen()) {
            context.sockets.keepAlive(to.number());
        }
    }

    @Override
    public void run() {
        waiting = false;
        SupervisedLoops.guard(this::move, this::abort);
    }

    /** Moves what can be moved, in both directions. */
    void move() {
        RelayStream up = toEndpoint;
        RelayStream down = toClient;
        if (closed || running || up == null || down == null) {
            return;
        }
        running = true;
        boolean more = up.move();
        if (!closed) {
            more |= down.move();
        }
        running = false;
        if (closed) {
            return;
        }
        if (up.isDone() && down.isDone() || lingering && isRestDelivered(up, down)) {
            end(false);
        } else if (more) {
            runAgain(0);
        }
    }

    /** After one side has failed: whether the other one has got all, and has ended its own stream. */
    private boolean isRestDelivered(RelayStream up, RelayStream down) {
        return client.isOpen() ? up.hasEnded() && down.isDone() : down.hasEnded() && up.isDone();
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

    /** Called once for each direction, when its end of stream can be passed on. */
    void passedOn(RelayStream stream) {
        RelayStream other = stream == toEndpoint ? toClient : toEndpoint;
        if (other != null && !other.isDone()) { // else closing ends both
            stream.to().endOutput();
        }
    }

    /** Called when a direction is spliced from now on. */
    void splicing() {
        if (!splicing) {
            splicing = true;
            context.counters.spliced.increment();
        }
    }

    /** Notes that the connection of {@code side} has failed. */
    void failed(RelaySocket side) {
        if (closed) {
            return;
        }
        boolean ofClient = side == client;
        RelayStream rest = ofClient ? toEndpoint : toClient;
        RelayStream back = ofClient ? toClient : toEndpoint;
        if (lingering || rest == null || back == null || !rest.hasEnded()) {
            abort();
            return;
        }
        lingering = true;
        back.discard();
        side.close(true);
        if (ofClient) {
            clientLeft();
        }
        var _ = context.loop.schedule(this::abort, LINGER_SECONDS, TimeUnit.SECONDS);
    }

    /** Resets both connections, unless they are closed already. */
    void abort() {
        if (!ended) {
            end(true);
        }
    }

    /** Each step can be repeated, so that a defect in one loses no socket. */
    private void end(boolean reset) {
        closed = true;
        if (endpoint != null) {
            endpoint.close(reset);
        }
        client.close(reset);
        if (toEndpoint != null && toClient != null) {
            toEndpoint.release();
            toClient.release();
        }
        clientLeft();
        closed();
        ended = true;
    }
}
