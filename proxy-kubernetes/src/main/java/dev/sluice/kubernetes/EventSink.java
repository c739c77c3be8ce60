package dev.sluice.kubernetes;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ServiceName;

/** Where the proxy's Events go. Sending is asynchronous and best effort: it never fails and never waits. */
public interface EventSink extends AutoCloseable {

    /** The proxy's own Node, whose name the sink knows. */
    ObjectRef.Resource OWN_NODE = ObjectRef.node("");

    /** Queues {@code event}; it is dropped when too many wait already. */
    void send(Event event);

    /**
     * Reports something about the proxy's own Node.
     *
     * @param reason one word in CamelCase, e.g. {@code Starting}
     * @param action what was being done, e.g. {@code StartKubeProxy}
     * @param note the message for people, may be empty
     */
    default void node(Type type, String reason, String action, String note) {
        send(new Event(OWN_NODE, type, reason, action, note, Scope.THIS_NODE));
    }

    /** Reports something that happens to a Service on this node. */
    default void service(ServiceName service, Type type, String reason, String action, String note) {
        send(new Event(ObjectRef.service(service), type, reason, action, note, Scope.THIS_NODE));
    }

    /** Sends what is queued for at most a second, then drops the rest. */
    @Override
    void close();

    /** The sink of a proxy without an API server: drops everything. What it would have said is in the log anyway. */
    static EventSink none() {
        return new EventSink() {
            @Override
            public void send(Event event) {}

            @Override
            public void close() {}
        };
    }

    /** One Event (events.k8s.io/v1), without what the sink adds: names, times, counts. */
    record Event(ObjectRef.Resource regarding, Type type, String reason, String action, String note, Scope scope) {}

    /** Whether every node of the cluster has the same to say. */
    enum Scope {
        THIS_NODE,
        /** All nodes find the same: their reports become one Event, that of the first. */
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
