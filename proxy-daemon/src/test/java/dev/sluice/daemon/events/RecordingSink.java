// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.events;

import dev.sluice.kubernetes.EventSink;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps the Events that are sent. */
public final class RecordingSink implements EventSink {
    public final List<Event> sent = new CopyOnWriteArrayList<>();

    @Override
    public void send(Event event) {
        sent.add(event);
    }

    @Override
    public void close() {}
}
