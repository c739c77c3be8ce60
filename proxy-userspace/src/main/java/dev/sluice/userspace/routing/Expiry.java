package dev.sluice.userspace.routing;

/** Which limit of its Service ended a TCP connection. */
public enum Expiry {
    /** No byte for the idle time. */
    IDLE("idle"),
    /** The largest age. */
    AGE("age");

    private final String label;

    Expiry(String label) {
        this.label = label;
    }

    /** As metrics spell it. */
    public String label() {
        return label;
    }
}
