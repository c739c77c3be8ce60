// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.thread.ProcessEnd;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The observers of the loop. Each is notified of every event, whatever another one throws; that is logged. */
final class SyncObservers {
    private static final Logger LOG = LoggerFactory.getLogger(SyncObservers.class);

    private final List<SyncObserver> observers;

    SyncObservers(List<SyncObserver> observers) {
        this.observers = List.copyOf(observers);
    }

    void call(Consumer<SyncObserver> event) {
        for (SyncObserver each : observers) {
            try {
                event.accept(each);
            } catch (Throwable e) {
                ProcessEnd.rethrowFatal(e);
                LOG.error("metrics or health missed an event: this is a defect of Sluice, please report it", e);
            }
        }
    }
}
