package dev.sluice.core.traffic;

import java.util.List;

/** The traffic counters of a mode, for both families. */
public interface TrafficCounters extends AutoCloseable {

    /**
     * What every service port has carried, as the kernel counts it now. The counters of a port never go back while it is
     * there. Asked on any thread but the sync thread, which it must not keep waiting.
     *
     * @throws TrafficException when the kernel does not answer
     */
    List<PortTraffic> read() throws TrafficException;

    @Override
    void close();
}
