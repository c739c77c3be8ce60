// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** The traffic counters of one service port since this process serves it. Any thread may add and read. */
public final class PortCounters {
    private final LongAdder connections = new LongAdder();
    private final LongAdder bytesIn = new LongAdder();
    private final LongAdder bytesOut = new LongAdder();
    private final LongAdder connects = new LongAdder();
    private final LongAdder connectNanos = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder ejections = new LongAdder();
    private final LongAdder passedChecks = new LongAdder();
    private final LongAdder failedChecks = new LongAdder();
    private final Map<RefusalReason, LongAdder> refusals = new EnumMap<>(RefusalReason.class);
    private final Map<ExpiryReason, LongAdder> expired = new EnumMap<>(ExpiryReason.class);

    PortCounters() {
        for (ExpiryReason expiry : ExpiryReason.values()) {
            expired.put(expiry, new LongAdder());
        }
        for (RefusalReason refusal : RefusalReason.values()) {
            refusals.put(refusal, new LongAdder());
        }
    }

    void connection() {
        connections.increment();
    }

    /** Connections within the limit, and UDP flows. */
    public long connections() {
        return connections.sum();
    }

    /** The bytes from clients to endpoints. */
    public LongAdder bytesIn() {
        return bytesIn;
    }

    /** The bytes from endpoints to clients. */
    public LongAdder bytesOut() {
        return bytesOut;
    }

    void connected(long nanos) {
        connects.increment();
        connectNanos.add(nanos);
    }

    /** Connections that an endpoint has accepted. */
    public long connects() {
        return connects.sum();
    }

    /** The time from the first attempt until then, in nanoseconds for all of them together. */
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

    /** How often an endpoint was ejected, or its ejection extended by a failed try. */
    public long ejections() {
        return ejections.sum();
    }

    void check(boolean passed) {
        (passed ? passedChecks : failedChecks).increment();
    }

    /** Health checks of endpoints that have passed. */
    public long passedChecks() {
        return passedChecks.sum();
    }

    /** Health checks of endpoints that have failed. */
    public long failedChecks() {
        return failedChecks.sum();
    }

    public void refused(RefusalReason why) {
        Objects.requireNonNull(refusals.get(why)).increment();
    }

    public long refusals(RefusalReason why) {
        return Objects.requireNonNull(refusals.get(why)).sum();
    }

    public void expired(ExpiryReason why) {
        Objects.requireNonNull(expired.get(why)).increment();
    }

    /** TCP connections that a limit of the Service ended. */
    public long expirations(ExpiryReason why) {
        return Objects.requireNonNull(expired.get(why)).sum();
    }
}
