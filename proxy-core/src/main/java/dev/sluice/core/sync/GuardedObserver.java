// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.thread.ProcessEnd;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An observer that notifies another one, and logs whatever it throws. */
final class GuardedObserver {
    private static final Logger LOG = LoggerFactory.getLogger(GuardedObserver.class);

    private final SyncObserver observer;

    GuardedObserver(SyncObserver observer) {
        this.observer = observer;
    }

    void call(Consumer<SyncObserver> event) {
        try {
            event.accept(observer);
        } catch (Throwable e) {
            ProcessEnd.rethrowFatal(e);
            LOG.error("metrics or health missed an event: this is a defect of Sluice, please report it", e);
        }
    }
}
