// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
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
 * Netty's epoll transport with fewer system calls, with {@link LoopHandle}s that are supervised, and with a fix for
 * descriptors that are not waited for.
 *
 * <p>The kernel gets only the last change of an interest, before the next {@code epoll_wait}, and none for a descriptor
 * that is closed by then.
 *
 * <p>A descriptor without interest Netty (4.2.13 to 4.2.18 at least) removes from the epoll set, so that EPOLLHUP does
 * not wake the loop for ever, but does not add it again when the interest returns: that fails with ENOENT. Here it
 * stays in the set edge-triggered, which reports EPOLLHUP once.
 */
final class HalfOpenEpoll implements IoHandlerFactory {
    private static final Logger LOG = LoggerFactory.getLogger(HalfOpenEpoll.class);

    private final IoHandlerFactory epoll = EpollIoHandler.newFactory();

    @Override
    public IoHandler newHandler(ThreadAwareExecutor executor) {
        return new LoopHandler(epoll.newHandler(executor));
    }

    private static final class LoopHandler implements IoHandler {
        private final IoHandler epoll;
        private final List<Registration> changed = new ArrayList<>();

        LoopHandler(IoHandler epoll) {
            this.epoll = epoll;
        }

        @Override
        public void initialize() {
            epoll.initialize();
        }

        @Override
        public int run(IoHandlerContext context) {
            for (int i = 0; i < changed.size(); i++) { // a failing one may add to the list
                changed.get(i).submitInterest();
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
            IoHandle supervised = handle instanceof LoopHandle own ? new LoopHandle.Supervised(own) : handle;
            return new Registration(epoll.register(supervised), handle, changed);
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

    /** Confined to the thread of its event loop, like Netty's channels. */
    private static final class Registration implements IoRegistration {
        private final IoRegistration epoll;
        private final IoHandle handle;
        private final List<Registration> changed;
        private EpollIoOps submitted = EpollIoOps.NONE;
        private EpollIoOps interest = EpollIoOps.NONE;
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
            interest = (EpollIoOps) ops;
            if (!waiting) {
                waiting = true;
                changed.add(this);
            }
            return interest.value();
        }

        private void submitInterest() {
            waiting = false;
            if (!epoll.isValid() || interest.equals(submitted)) {
                return;
            }
            submitted = interest;
            try {
                epoll.submit(interest.equals(EpollIoOps.NONE) ? EpollIoOps.EPOLLET : interest);
            } catch (UncheckedIOException e) {
                LOG.atWarn().addKeyValue("cause", e.getMessage()).log("epoll rejects a connection, which is closed");
                closeHandle();
            }
        }

        private void closeHandle() {
            try {
                handle.close();
            } catch (Exception e) {
                LOG.warn("cannot close a connection that epoll rejects", e);
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
