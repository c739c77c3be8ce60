package dev.sluice.userspace.routing;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What one service port has carried since this process has it. Any thread may add and read. */
public final class ServiceCounters {
    private final LongAdder connections = new LongAdder();
    private final LongAdder bytesIn = new LongAdder();
    private final LongAdder bytesOut = new LongAdder();
    private final LongAdder connects = new LongAdder();
    private final LongAdder connectNanos = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder ejections = new LongAdder();
    private final Map<Refusal, LongAdder> refusals = new EnumMap<>(Refusal.class);
    private final Map<Expiry, LongAdder> expired = new EnumMap<>(Expiry.class);

    ServiceCounters() {
        for (Expiry expiry : Expiry.values()) {
            expired.put(expiry, new LongAdder());
        }
        for (Refusal refusal : Refusal.values()) {
            refusals.put(refusal, new LongAdder());
        }
    }

    void connection() {
        connections.increment();
    }

    /** Connections that were not over the limit, and flows of UDP. */
    public long connections() {
        return connections.sum();
    }

    /** Counts the bytes from clients to endpoints. */
    public LongAdder bytesIn() {
        return bytesIn;
    }

    /** Counts the bytes from endpoints to clients. */
    public LongAdder bytesOut() {
        return bytesOut;
    }

    void connected(long nanos) {
        connects.increment();
        connectNanos.add(nanos);
    }

    /** Connections that an endpoint has taken. */
    public long connects() {
        return connects.sum();
    }

    /** How long that took, from the first attempt on, in nanoseconds for all together. */
    public long connectNanos() {
        return connectNanos.sum();
    }

    void retry() {
        retries.increment();
    }

    /** Connect attempts after the first of a connection. */
    public long retries() {
        return retries.sum();
    }

    void ejection() {
        ejections.increment();
    }

    /** How often an endpoint was ejected, or kept out longer because a try had failed. */
    public long ejections() {
        return ejections.sum();
    }

    public void refused(Refusal why) {
        Objects.requireNonNull(refusals.get(why)).increment();
    }

    public long refusals(Refusal why) {
        return Objects.requireNonNull(refusals.get(why)).sum();
    }

    public void expired(Expiry why) {
        Objects.requireNonNull(expired.get(why)).increment();
    }

    /** TCP connections that a limit of the Service ended. */
    public long expirations(Expiry why) {
        return Objects.requireNonNull(expired.get(why)).sum();
    }
}
