package dev.sluice.userspace.engine;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Netty's epoll transport, with fewer calls, and a remedy for connections of which one direction has ended.
 *
 * <p>What a channel waits for changes several times while it is opened, joined to another, and closed. The kernel is told once, before
 * it is asked for events the next time; of a channel that is closed by then it hears no more.
 *
 * <p>When a channel has nothing to wait for, Netty (4.2.13 to 4.2.18 at least) takes its descriptor out of the epoll set, so as not to
 * be woken by EPOLLHUP for ever, but does not put it back when the channel waits for something again: that fails with
 * ENOENT, and the channel is closed with its last bytes unsent. A channel whose peer has ended its stream comes to that point
 * whenever it has nothing to write. Here such a descriptor stays in the set edge-triggered, which reports EPOLLHUP once.
 */
final class HalfOpenEpoll implements IoHandlerFactory {
    private static final Logger LOG = LoggerFactory.getLogger(HalfOpenEpoll.class);

    private final IoHandlerFactory epoll = EpollIoHandler.newFactory();

    @Override
    public IoHandler newHandler(ThreadAwareExecutor executor) {
        return new Handler(epoll.newHandler(executor));
    }

    private static final class Handler implements IoHandler {
        private final IoHandler epoll;
        private final List<Registration> changed = new ArrayList<>();

        Handler(IoHandler epoll) {
            this.epoll = epoll;
        }

        @Override
        public void initialize() {
            epoll.initialize();
        }

        @Override
        public int run(IoHandlerContext context) {
            for (int i = 0; i < changed.size(); i++) { // one that fails may add to the list
                changed.get(i).tellKernel();
            }
            changed.clear();
            return epoll.run(context);
        }

        @Override
        public void prepareToDestroy() {
            epoll.prepareToDestroy();
        }

        @Override
        public void destroy() {
            epoll.destroy();
        }

        @Override
        public IoRegistration register(IoHandle handle) throws Exception {
            return new Registration(epoll.register(handle), handle, changed);
        }

        @Override
        public void wakeup() {
            epoll.wakeup();
        }

        @Override
        public boolean isCompatible(Class<? extends IoHandle> type) {
            return epoll.isCompatible(type);
        }
    }

    /** Used by the thread of its event loop only, as Netty's channels do. */
    private static final class Registration implements IoRegistration {
        private final IoRegistration epoll;
        private final IoHandle handle;
        private final List<Registration> changed;
        private EpollIoOps told = EpollIoOps.NONE;
        private EpollIoOps wanted = EpollIoOps.NONE;
        private boolean waiting;

        Registration(IoRegistration epoll, IoHandle handle, List<Registration> changed) {
            this.epoll = epoll;
            this.handle = handle;
            this.changed = changed;
        }

        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's signature
        public <T> T attachment() {
            return epoll.attachment();
        }

        @Override
        public long submit(IoOps ops) {
            if (!epoll.isValid()) {
                return -1;
            }
            wanted = (EpollIoOps) ops;
            if (!waiting) {
                waiting = true;
                changed.add(this);
            }
            return wanted.value();
        }

        private void tellKernel() {
            waiting = false;
            if (!epoll.isValid() || wanted.equals(told)) {
                return;
            }
            told = wanted;
            try {
                epoll.submit(wanted.equals(EpollIoOps.NONE) ? EpollIoOps.EPOLLET : wanted);
            } catch (UncheckedIOException e) {
                LOG.warn("epoll does not take a connection: {}", e.getMessage());
                closeHandle();
            }
        }

        private void closeHandle() {
            try {
                handle.close();
            } catch (Exception e) {
                LOG.warn("cannot close a connection that epoll does not take", e);
            }
        }

        @Override
        public boolean isValid() {
            return epoll.isValid();
        }

        @Override
        public boolean cancel() {
            return epoll.cancel();
        }
    }
}
