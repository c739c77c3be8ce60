// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.traffic;

/**
 * Totals since counting began; "in" is from the client to the endpoint. Bytes are those of IP packets, or the payload
 * where a proxy relays streams and datagrams; then no packets are counted.
 */
public record TrafficTotals(long connections, long packetsIn, long packetsOut, long bytesIn, long bytesOut) {
    public static final TrafficTotals NONE = new TrafficTotals(0, 0, 0, 0, 0);

    public TrafficTotals plus(TrafficTotals more) {
        return new TrafficTotals(
                connections + more.connections,
                packetsIn + more.packetsIn,
                packetsOut + more.packetsOut,
                bytesIn + more.bytesIn,
                bytesOut + more.bytesOut);
    }

    /** The traffic since {@code earlier}: all of it when a counter is lower, and so was reset. */
    public TrafficTotals since(TrafficTotals earlier) {
        return isBehind(earlier)
                ? this
                : new TrafficTotals(
                        connections - earlier.connections,
                        packetsIn - earlier.packetsIn,
                        packetsOut - earlier.packetsOut,
                        bytesIn - earlier.bytesIn,
                        bytesOut - earlier.bytesOut);
    }

    private boolean isBehind(TrafficTotals earlier) {
        return connections < earlier.connections
                || packetsIn < earlier.packetsIn
                || packetsOut < earlier.packetsOut
                || bytesIn < earlier.bytesIn
                || bytesOut < earlier.bytesOut;
    }

    /** In both directions. */
    public long bytes() {
        return bytesIn + bytesOut;
    }
}
