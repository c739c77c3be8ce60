// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.traffic;

import java.util.List;

/** The traffic counters of a mode, for both families. */
public interface TrafficCounters extends AutoCloseable {

    /**
     * Reads the traffic of every service port. The counters of a port never decrease while it exists. Called on any
     * thread but the sync thread, which it must not block.
     *
     * @throws TrafficException when the kernel does not answer
     */
    List<PortTraffic> read() throws TrafficException;

    @Override
    void close();
}
