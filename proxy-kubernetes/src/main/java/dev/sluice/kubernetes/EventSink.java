package dev.sluice.kubernetes;

import dev.sluice.core.model.ServiceName;

/** Where the proxy's Events go. Sending is asynchronous and best effort: it never fails and never waits. */
public interface EventSink extends AutoCloseable {

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
        send(new Event(Regarding.OWN_NODE, type, reason, action, note, Scope.THIS_NODE));
    }

    /** Reports something that happens to a Service on this node. */
    default void service(ServiceName service, Type type, String reason, String action, String note) {
        send(new Event(Regarding.service(service), type, reason, action, note, Scope.THIS_NODE));
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
    record Event(Regarding regarding, Type type, String reason, String action, String note, Scope scope) {}

    /**
     * The object that an Event is about.
     *
     * @param namespace empty for a Node
     */
    record Regarding(Kind kind, String namespace, String name) {
        /** The proxy's own Node, whose name the sink knows. */
        public static final Regarding OWN_NODE = new Regarding(Kind.NODE, "", "");

        public static Regarding service(ServiceName name) {
            return new Regarding(Kind.SERVICE, name.namespace(), name.name());
        }

        /** What can be written about. */
        public enum Kind {
            NODE("v1", "Node", "/api/v1/nodes"),
            SERVICE("v1", "Service", "/api/v1/namespaces/%s/services"),
            ENDPOINT_SLICE(
                    "discovery.k8s.io/v1", "EndpointSlice", "/apis/discovery.k8s.io/v1/namespaces/%s/endpointslices");

            private final String apiVersion;
            private final String label;
            private final String path;

            Kind(String apiVersion, String label, String path) {
                this.apiVersion = apiVersion;
                this.label = label;
                this.path = path;
            }

            public String apiVersion() {
                return apiVersion;
            }

            /** The API's spelling. */
            public String label() {
                return label;
            }

            /** The path of the list that an object of this kind in {@code namespace} is in. */
            public String path(String namespace) {
                return String.format(path, namespace);
            }
        }
    }

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
