// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.thread.ProcessEnd;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;

/** A descriptor on an event loop that is no channel of Netty. */
interface LoopHandle extends EpollIoHandle {
    @Override
    void close() throws IOException;

    /** Closes the descriptor, after {@link LoopContext#closeLater}. */
    default void closeNow() {
        throw new UnsupportedOperationException();
    }

    /** Called when {@link #handle} has thrown something, which is logged already. */
    void failed();

    /** Netty would log what a handle throws, and put the whole loop to sleep for a second. */
    record Supervised(LoopHandle handle) implements EpollIoHandle {
        @Override
        public FileDescriptor fd() {
            return handle.fd();
        }

        @Override
        public void handle(IoRegistration from, IoEvent event) {
            try {
                handle.handle(from, event);
            } catch (Throwable e) {
                ProcessEnd.ifFatal(e);
                SupervisedLoops.log(e);
                handle.failed();
            }
        }

        @Override
        public void close() throws IOException {
            handle.close();
        }
    }
}
