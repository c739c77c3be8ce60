// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.linux.Errno;
import dev.sluice.linux.socket.StreamSockets;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One of the two sockets of a {@link TcpRelay}, registered once and edge-triggered: its interest never changes. */
final class RelaySocket implements LoopHandle {
    private static final Logger LOG = LoggerFactory.getLogger(RelaySocket.class);

    /** sys/epoll.h: EPOLLPRI. */
    private static final int URGENT = 0x2;
    /** EPOLLERR; like EPOLLHUP it is reported unasked and ends every waiting. */
    private static final int ERROR = 0x8;

    private static final int ENDED = ERROR | 0x10;

    private static final EpollIoOps INTEREST = EpollIoOps.EPOLLIN
            .with(EpollIoOps.EPOLLOUT)
            .with(EpollIoOps.EPOLLRDHUP)
            .with(EpollIoOps.EPOLLET)
            .with(EpollIoOps.valueOf(URGENT));
    private static final int READABLE = EpollIoOps.EPOLLIN.value() | EpollIoOps.EPOLLRDHUP.value() | ENDED;
    private static final int WRITABLE = EpollIoOps.EPOLLOUT.value() | ENDED;

    private final LoopContext context;
    private final RelayedSockets relay;
    private final FileDescriptor descriptor;
    private @Nullable IoRegistration registration;
    private boolean closed;
    private boolean reset;
    private boolean finished;
    private boolean urgent;
    /** Whether small segments are sent at once: TCP_NODELAY. */
    private boolean prompt;

    private boolean sent;
    /** Whether a read, and a write, may succeed: until a call returns EAGAIN, or less than asked for. */
    boolean readable;

    boolean writable;

    RelaySocket(LoopContext context, RelayedSockets relay, int descriptor) {
        this.context = context;
        this.relay = relay;
        this.descriptor = new FileDescriptor(descriptor);
    }

    /** A socket that was accepted: it has the options of the listening one. */
    static RelaySocket accepted(LoopContext context, RelayedSockets relay, int descriptor) {
        RelaySocket socket = new RelaySocket(context, relay, descriptor);
        socket.prompt = true;
        socket.writable = true;
        return socket;
    }

    int number() {
        return descriptor.intValue();
    }

    /**
     * Receives into the loop's buffer, by Netty's native code: compiled by the JVM's first compiler alone, a call by
     * {@code java.lang.foreign} takes 0.1 us more, of 11 that a request takes.
     *
     * @return how many bytes, 0 at the end of the stream, or a negative error number
     */
    int receive() {
        try {
            int count = descriptor.readAddress(context.sockets.memory(), 0, StreamSockets.CAPACITY);
            return count > 0 ? count : count < 0 ? 0 : -Errno.EAGAIN;
        } catch (IOException | NotYetConnectedException e) {
            return error(e);
        }
    }

    /** Sends the first bytes of the loop's buffer; returns how many, or a negative error number. */
    int send(int size) {
        try {
            int count = descriptor.writeAddress(context.sockets.memory(), 0, size);
            return count > 0 ? count : -Errno.EAGAIN;
        } catch (IOException | NotYetConnectedException e) {
            return error(e);
        }
    }

    private static int error(Exception failure) {
        return failure instanceof NativeIoException error ? error.expectedErr() : -Errno.ENOTCONN;
    }

    boolean isOpen() {
        return !closed;
    }

    /** Whether the peer has ended its stream in order: all of it has been received, and counts if an error follows. */
    boolean isFinished() {
        return finished;
    }

    /** Whether the peer has sent urgent data, at which reads stop short although more has been received. */
    boolean isUrgent() {
        return urgent;
    }

    /** Asks for events from now on; returns false when epoll refuses it. */
    boolean register() {
        if (registration != null) {
            return true;
        }
        registration = context.register(this, INTEREST);
        return registration != null;
    }

    @Override
    public FileDescriptor fd() {
        return descriptor;
    }

    @Override
    public void handle(IoRegistration from, IoEvent event) {
        if (closed) {
            return;
        }
        int happened = ((EpollIoEvent) event).ops().value();
        boolean failed = (happened & ERROR) != 0;
        readable |= (happened & READABLE) != 0;
        writable |= (happened & WRITABLE) != 0;
        urgent |= (happened & URGENT) != 0;
        finished |= !failed && (happened & EpollIoOps.EPOLLRDHUP.value()) != 0;
        relay.ready(this, failed);
    }

    /**
     * Called before each send. The first one leaves at once even without TCP_NODELAY, since nothing waits to be
     * acknowledged; so a connection of one request never pays for the option.
     */
    void beforeSend() {
        if (prompt) {
            return;
        }
        if (sent) {
            prompt = true;
            context.sockets.noDelay(number());
        }
        sent = true;
    }

    /** The pending error, an errno or 0; EPIPE when the peer had ended its stream in order before. */
    int takeError() {
        return context.sockets.takeError(number());
    }

    /** Ends the stream to the peer. */
    void endOutput() {
        context.sockets.shutdownOutput(number());
    }

    /**
     * Closes the socket after the events of this round: one of them may be for its descriptor, whose number the next
     * socket would get.
     *
     * @param withReset whether the peer sees an error
     */
    void close(boolean withReset) {
        if (closed) {
            return;
        }
        closed = true;
        reset = withReset;
        if (registration == null) {
            closeNow();
        } else {
            context.closeLater(this);
        }
    }

    @Override
    public void closeNow() {
        if (reset) {
            context.sockets.resetOnClose(number());
        }
        try {
            descriptor.close(); // epoll forgets it too; Netty asks it to only for one that is open
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("a connection was closed with an error");
        }
        IoRegistration on = registration;
        if (on != null) {
            registration = null;
            on.cancel();
        }
    }

    @Override
    public void failed() {
        relay.abort();
    }

    /** Called when the event loop ends. */
    @Override
    public void close() {
        relay.abort();
    }
}
