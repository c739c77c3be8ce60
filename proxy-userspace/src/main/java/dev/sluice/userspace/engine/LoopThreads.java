// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.thread.ProcessEnd;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.function.BooleanSupplier;

/**
 * Makes the threads of event loops. Netty logs what ends a loop, and goes on without it; the connections of that loop
 * would hang, and new ones that the kernel gives it, too. So the end of a loop ends the process.
 */
final class LoopThreads extends DefaultThreadFactory {
    private final BooleanSupplier closed;

    /** @param closed whether the loops are meant to end */
    LoopThreads(BooleanSupplier closed) {
        super("sluice-proxy", true);
        this.closed = closed;
    }

    @Override
    protected Thread newThread(Runnable loop, String name) {
        return super.newThread(
                () -> {
                    loop.run();
                    if (!closed.getAsBoolean()) {
                        ProcessEnd.now(name, new IllegalStateException("an event loop has ended"));
                    }
                },
                name);
    }
}
