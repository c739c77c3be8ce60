// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.linux.Errno;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import org.jspecify.annotations.Nullable;

/** One of the two sockets of a {@link SplicedRelay}, registered edge-triggered, so that its interest never changes. */
final class SplicedSide implements EpollIoHandle {
    /** sys/epoll.h: EPOLLERR; like EPOLLHUP it is reported unasked and ends every waiting. */
    private static final int ERROR = 0x8;

    private static final int ENDED = ERROR | 0x10;

    private static final EpollIoOps INTEREST = EpollIoOps.EPOLLIN
            .with(EpollIoOps.EPOLLOUT)
            .with(EpollIoOps.EPOLLRDHUP)
            .with(EpollIoOps.EPOLLET);
    private static final int READABLE = EpollIoOps.EPOLLIN.value() | EpollIoOps.EPOLLRDHUP.value() | ENDED;
    private static final int WRITABLE = EpollIoOps.EPOLLOUT.value() | ENDED;

    private final SplicedRelay relay;
    private final RelaySide side;
    private final int descriptor;
    private @Nullable IoRegistration registration;
    /** Whether the peer has ended its stream in order; what it sent then counts even if an error follows. */
    private boolean finished;

    /** Whether a read, and a write, may succeed: until a call returns EAGAIN. */
    boolean readable = true;

    boolean writable = true;

    SplicedSide(SplicedRelay relay, RelaySide side) {
        this.relay = relay;
        this.side = side;
        descriptor = side.channel().fd().intValue();
    }

    void registered(IoRegistration on) {
        registration = on;
        on.submit(INTEREST);
    }

    RelaySide side() {
        return side;
    }

    int descriptor() {
        return descriptor;
    }

    boolean isOpen() {
        return registration != null && side.channel().isOpen();
    }

    @Override
    public FileDescriptor fd() {
        return side.channel().fd();
    }

    @Override
    public void handle(IoRegistration from, IoEvent event) {
        int happened = ((EpollIoEvent) event).ops().value();
        readable |= (happened & READABLE) != 0;
        writable |= (happened & WRITABLE) != 0;
        if ((happened & ERROR) == 0) {
            finished |= (happened & EpollIoOps.EPOLLRDHUP.value()) != 0;
        } else if (!finished && relay.takeError(this) != Errno.EPIPE) {
            relay.failed(this); // a read would show it too, but nothing is read while the other side is full
            return;
        }
        relay.run();
    }

    /** Ends the stream to this side's peer. */
    void endOutput() {
        var _ = side.channel().shutdownOutput();
    }

    /** @param reset whether the peer sees an error */
    void close(boolean reset) {
        IoRegistration on = registration;
        if (on == null) {
            return;
        }
        registration = null;
        on.cancel();
        if (reset) {
            side.channel().config().setSoLinger(0);
        }
        var _ = side.channel().close();
    }

    /** Called when the event loop ends. */
    @Override
    public void close() {
        relay.abort();
    }
}
