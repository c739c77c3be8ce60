// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ServiceName;

/** Takes the proxy's Events. Sending is asynchronous and best effort: it never fails and never blocks. */
public interface EventSink extends AutoCloseable {

    /** The proxy's own Node; the sink fills in its name. */
    ObjectRef.Resource OWN_NODE = ObjectRef.node("");

    /** Queues {@code event}, or drops it when too many are queued. */
    void send(Event event);

    /**
     * Reports something about the proxy's own Node.
     *
     * @param reason one word in CamelCase, e.g. {@code Starting}
     * @param action what the proxy was doing, e.g. {@code StartKubeProxy}
     * @param note the human-readable message, may be empty
     */
    default void node(Type type, String reason, String action, String note) {
        send(new Event(OWN_NODE, type, reason, action, note, Scope.THIS_NODE));
    }

    /** Reports something that happens to a Service on this node. */
    default void service(ServiceName service, Type type, String reason, String action, String note) {
        send(new Event(ObjectRef.service(service), type, reason, action, note, Scope.THIS_NODE));
    }

    /** Sends queued Events for at most a second, then drops the rest. */
    @Override
    void close();

    /** A sink that drops everything, for a proxy without an API server; the log has it all. */
    static EventSink none() {
        return new EventSink() {
            @Override
            public void send(Event event) {}

            @Override
            public void close() {}
        };
    }

    /** An Event (events.k8s.io/v1) without what the sink adds: names, times and counts. */
    record Event(ObjectRef.Resource regarding, Type type, String reason, String action, String note, Scope scope) {}

    /** Whether every node of the cluster reports the same. */
    enum Scope {
        THIS_NODE,
        /** All nodes report the same, as one Event: that of the first. */
        EVERY_NODE
    }

    /** How an Event is shown. */
    enum Type {
        NORMAL("Normal"),
        WARNING("Warning");

        private final String label;

        Type(String label) {
            this.label = label;
        }

        /** The API's spelling. */
        public String label() {
            return label;
        }
    }
}
