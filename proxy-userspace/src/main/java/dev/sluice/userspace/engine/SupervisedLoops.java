// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.thread.ProcessEnd;
import io.netty.channel.ChannelException;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Event loops that do not go on after a failure of the virtual machine. Netty catches whatever a task, a listener or a
 * handler throws: it warns of a task, keeps the failure of a scheduled one in a future, does not run a periodic one
 * again, and gives a handler its own failure. So each of these is looked at before Netty gets it; handlers do so in
 * {@code exceptionCaught}, which the room's laws hold.
 */
final class SupervisedLoops extends MultiThreadIoEventLoopGroup {
    private static final Logger LOG = LoggerFactory.getLogger(SupervisedLoops.class);

    /** @param closed whether the loops are meant to end */
    SupervisedLoops(int count, BooleanSupplier closed, IoHandlerFactory transport) {
        super(count, new LoopThreads(closed), transport);
    }

    /**
     * Runs {@code action} when {@code future} is done.
     *
     * @param undo runs when {@code action} fails, which is logged
     */
    static void after(Future<?> future, Runnable undo, Consumer<Future<?>> action) {
        future.addListener(done -> guard(() -> action.accept(done), undo));
    }

    /**
     * Runs {@code action} where Netty would take its failure for one of the transport, or keep it.
     *
     * @param undo runs when {@code action} fails, which is logged
     */
    static void guard(Runnable action, Runnable undo) {
        try {
            action.run();
        } catch (Throwable e) {
            ProcessEnd.ifFatal(e);
            log(e);
            undo.run();
        }
    }

    /** Called by every handler with what it gets: a failure of the network is none of this process. */
    static void caught(Throwable failure) {
        ProcessEnd.ifFatal(failure);
        if (!(failure instanceof IOException || failure instanceof ChannelException)) {
            log(failure);
        }
    }

    /** Logs a failure that costs a connection. */
    static void log(Throwable failure) {
        LOG.error("a connection failed: this is a defect of Sluice, please report it", failure);
    }

    /**
     * Registers {@code handle} with the epoll of {@code loop}, on its thread, without the future and the wrapper that
     * Netty makes for each.
     *
     * @return null when epoll refuses it
     */
    static @Nullable IoRegistration register(EventLoop loop, LoopHandle handle) {
        try {
            return ((Loop) loop).transport().register(handle);
        } catch (Exception e) {
            log(e);
            return null;
        }
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory transport, Object... unused) {
        return new Loop(this, executor, transport);
    }

    private static Runnable supervised(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (Throwable e) {
                ProcessEnd.ifFatal(e);
                throw e;
            }
        };
    }

    private static <T> Callable<T> supervised(Callable<T> task) {
        return () -> {
            try {
                return task.call();
            } catch (Throwable e) {
                ProcessEnd.ifFatal(e);
                throw e;
            }
        };
    }

    /** Nobody reads the future of a task that has been put off. */
    private static Runnable logged(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (Throwable e) {
                ProcessEnd.ifFatal(e);
                log(e);
            }
        };
    }

    private static final class Loop extends SingleThreadIoEventLoop {
        Loop(SupervisedLoops all, Executor executor, IoHandlerFactory transport) {
            super(all, executor, transport);
        }

        IoHandler transport() {
            return ioHandler();
        }

        @Override
        public void execute(Runnable task) {
            super.execute(supervised(task));
        }

        @Override
        public void lazyExecute(Runnable task) {
            super.lazyExecute(supervised(task));
        }

        @Override
        public Future<?> submit(Runnable task) {
            return super.submit(supervised(task));
        }

        @Override
        public <T> Future<T> submit(Runnable task, T result) {
            return super.submit(supervised(task), result);
        }

        @Override
        public <T> Future<T> submit(Callable<T> task) {
            return super.submit(supervised(task));
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            return super.schedule(logged(task), delay, unit);
        }

        @Override
        public <T> ScheduledFuture<T> schedule(Callable<T> task, long delay, TimeUnit unit) {
            return super.schedule(supervised(task), delay, unit);
        }

        @Override
        public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long first, long every, TimeUnit unit) {
            return super.scheduleAtFixedRate(logged(task), first, every, unit);
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long first, long every, TimeUnit unit) {
            return super.scheduleWithFixedDelay(logged(task), first, every, unit);
        }
    }
}
