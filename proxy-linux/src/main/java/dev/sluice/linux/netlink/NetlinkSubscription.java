// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import dev.sluice.core.thread.Progress;
import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives notifications of multicast groups on a named daemon platform thread, from the network namespace of the
 * thread that opened it and from the moment of opening on.
 */
public final class NetlinkSubscription implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetlinkSubscription.class);
    private static final int RECEIVE_BYTES = 64 << 10;
    private static final Duration HANGS = Duration.ofMinutes(5);

    private final Libc libc = Libc.system();
    private final NetlinkChannel channel;
    private final int wakeUp;
    private final WireTrace trace;
    private final Listener listener;
    private final Thread thread;
    private volatile boolean closed;
    private boolean begun;

    private NetlinkSubscription(
            NetlinkChannel channel, int wakeUp, WireNames names, Listener listener, String threadName) {
        this.channel = channel;
        this.wakeUp = wakeUp;
        this.trace = new WireTrace(names);
        this.listener = listener;
        this.thread = SupervisedThread.restarting(threadName, this::listen);
    }

    /** @param groups by number, e.g. RTNLGRP_LINK */
    public static NetlinkSubscription open(
            int protocol, WireNames names, String threadName, Listener listener, int... groups)
            throws NetlinkException {
        NetlinkChannel channel = NetlinkChannel.open(Libc.system(), protocol, groups);
        int wakeUp = Libc.system().eventfd(0, Linux.EFD_CLOEXEC);
        if (wakeUp < 0) {
            channel.close();
            throw new NetlinkException("open an event descriptor", -wakeUp, "");
        }
        NetlinkSubscription subscription = new NetlinkSubscription(channel, wakeUp, names, listener, threadName);
        subscription.thread.start();
        return subscription;
    }

    private void listen() throws NetlinkException {
        if (begun) {
            guarded(listener::lost); // the work begins again, and what it had received is gone
        }
        begun = true;
        ByteBuffer inbound = NetlinkChannel.direct(RECEIVE_BYTES);
        ByteBuffer waiting = NetlinkChannel.direct(16);
        waiting.putInt(0, channel.fd()).putShort(4, Linux.POLLIN);
        waiting.putInt(8, wakeUp).putShort(12, Linux.POLLIN);
        while (true) {
            int answer = libc.poll(waiting, -1);
            if (closed) {
                return;
            }
            if (answer < 0 && answer != -Errno.EINTR) {
                throw new NetlinkException("wait for notifications", -answer, "");
            }
            if (answer > 0) {
                take(inbound);
            }
        }
    }

    private void take(ByteBuffer inbound) {
        int errno = channel.receive(inbound, Linux.MSG_DONTWAIT);
        switch (errno) {
            case 0 -> {
                trace.received(inbound);
                deliver(inbound);
            }
            case Errno.EAGAIN -> {}
            // ENOBUFS: the kernel dropped notifications; other errors are treated alike
            default -> {
                LOG.debug("{}: {}", thread.getName(), Errno.describe(errno));
                guarded(listener::lost);
            }
        }
    }

    private void deliver(ByteBuffer inbound) {
        while (inbound.hasRemaining()) {
            Message message = Message.next(inbound);
            if (message.type() > Netlink.NLMSG_OVERRUN) {
                guarded(() -> listener.heard(message));
            }
        }
    }

    private void guarded(Notification notification) {
        try (Progress _ = Progress.begin(Progress.Need.USEFUL, "a notification", HANGS)) {
            notification.deliver();
        } catch (NetlinkException e) {
            LOG.atWarn()
                    .addKeyValue("thread", thread.getName())
                    .addKeyValue("cause", e.getMessage())
                    .log("notification skipped");
        }
    }

    /**
     * From now on ignores notifications that these ports caused (by default the process ids of their owners), and no
     * others. The kernel drops them before they take any buffer space.
     *
     * @throws NetlinkException when the kernel refuses; the ports ignored before stay ignored
     */
    public synchronized void ignoreSenders(List<Integer> ports) throws NetlinkException {
        int answer = closed ? 0 : channel.ignoreSenders(ports);
        if (answer < 0 && !(ports.isEmpty() && answer == -Errno.ENOENT)) {
            throw new NetlinkException("filter notifications", -answer, "");
        }
    }

    /** Ends the thread. The listener is not called after that, unless it is the listener that closes. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        libc.write(wakeUp, NetlinkChannel.direct(8).putLong(0, 1));
        if (Thread.currentThread() != thread) {
            thread.interrupt(); // it may pause after a failure
        }
        boolean interrupted = false;
        while (thread.isAlive() && Thread.currentThread() != thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        channel.close();
        libc.close(wakeUp);
    }

    /** Receives notifications, on the subscription's thread. */
    public interface Listener {

        /**
         * {@code message} is valid until this returns. A {@link NetlinkException} is logged, and the subscription
         * continues; after any other failure it begins again with {@link #lost}.
         */
        void heard(Message message) throws NetlinkException;

        /** Notifications were lost: read the whole state again. */
        void lost();
    }

    private interface Notification {
        void deliver() throws NetlinkException;
    }
}
