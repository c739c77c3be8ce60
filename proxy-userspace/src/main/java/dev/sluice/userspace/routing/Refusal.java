package dev.sluice.userspace.routing;

/** Why a connection of a Service was reset, or its datagram dropped, before an endpoint had it. */
public enum Refusal {
    /** No endpoint may take it, by readiness, policy and weight, or it would come back to the proxy. */
    NO_ENDPOINT("no-endpoint"),
    /** No endpoint took it within the attempts and the time that it has. */
    CONNECT_FAILED("connect-failed"),
    /** As many connections of the service port are open on this node as its annotation allows. */
    CONNECTION_LIMIT("connection-limit"),
    /** The process has no socket left. */
    NO_SOCKET("no-socket");

    private final String label;

    Refusal(String label) {
        this.label = label;
    }

    /** As metrics spell it. */
    public String label() {
        return label;
    }
}
