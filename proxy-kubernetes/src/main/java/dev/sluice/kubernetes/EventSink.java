package dev.sluice.kubernetes;

import dev.sluice.core.model.ServiceName;

/** Where the proxy's Events go. Sending is asynchronous and best effort: it never fails and never waits. */
public interface EventSink extends AutoCloseable {

    /**
     * Reports something about the proxy's own Node.
     *
     * @param reason one word in CamelCase, e.g. {@code Starting}
     * @param action what was being done, e.g. {@code StartKubeProxy}
     * @param note the message for people, may be empty
     */
    void node(Type type, String reason, String action, String note);

    /** Reports something about a Service. */
    void service(ServiceName service, Type type, String reason, String action, String note);

    /** Sends what is queued for at most a second, then drops the rest. */
    @Override
    void close();

    /** The sink of a proxy without an API server: drops everything. */
    static EventSink none() {
        return new EventSink() {
            @Override
            public void node(Type type, String reason, String action, String note) {}

            @Override
            public void service(ServiceName service, Type type, String reason, String action, String note) {}

            @Override
            public void close() {}
        };
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
