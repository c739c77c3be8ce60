package dev.sluice.userspace.engine;

import dev.sluice.core.config.UserspaceOptions;

/**
 * The settings of the engine.
 *
 * @param eventLoops threads that carry traffic
 * @param spliceAfter bytes that come in large pieces, one after the other, before a TCP connection's bytes are no longer copied but
 *     moved inside the kernel; negative for never
 * @param maxFlowsPerLoop UDP flows of one event loop; each holds a descriptor. Datagrams of further clients are dropped
 * @param maxConnectionsPerLoop TCP connections of one event loop; each holds two descriptors, and four more while it is spliced and
 *     busy, if there are. Further ones are reset as soon as they are there
 */
public record EngineOptions(
        UserspaceOptions userspace, int eventLoops, int maxFlowsPerLoop, long spliceAfter, int maxConnectionsPerLoop) {
    private static final long SPLICE_AFTER = 256 << 10;
    private static final int MAX_CONNECTIONS = 1 << 18;

    public EngineOptions {
        if (eventLoops < 1 || maxFlowsPerLoop < 1 || maxConnectionsPerLoop < 1) {
            throw new IllegalArgumentException("at least one event loop, one flow and one connection: " + eventLoops
                    + ", " + maxFlowsPerLoop + ", " + maxConnectionsPerLoop);
        }
        if (userspace.connectTimeouts().isEmpty()) {
            throw new IllegalArgumentException("no connect time-out: at least one attempt must be allowed");
        }
    }

    /**
     * One event loop per processor, with 16,384 flows and 262,144 connections each, splicing after 256 KiB or what the system property
     * {@code sluice.userspace.splice-after} says.
     */
    public static EngineOptions of(UserspaceOptions userspace) {
        return new EngineOptions(
                userspace,
                Runtime.getRuntime().availableProcessors(),
                16_384,
                Long.getLong("sluice.userspace.splice-after", SPLICE_AFTER),
                MAX_CONNECTIONS);
    }

    public EngineOptions withEventLoops(int count) {
        return new EngineOptions(userspace, count, maxFlowsPerLoop, spliceAfter, maxConnectionsPerLoop);
    }

    public EngineOptions withMaxFlowsPerLoop(int count) {
        return new EngineOptions(userspace, eventLoops, count, spliceAfter, maxConnectionsPerLoop);
    }

    public EngineOptions withSpliceAfter(long bytes) {
        return new EngineOptions(userspace, eventLoops, maxFlowsPerLoop, bytes, maxConnectionsPerLoop);
    }

    public EngineOptions withMaxConnectionsPerLoop(int count) {
        return new EngineOptions(userspace, eventLoops, maxFlowsPerLoop, spliceAfter, count);
    }

    /**
     * With no more flows and connections than a process has room for that may open {@code limit} files: a quarter for UDP flows,
     * half for TCP connections, the rest for everything else.
     */
    public EngineOptions withinOpenFiles(long limit) {
        int quarter = Math.clamp(limit / 4 / eventLoops, 1, Integer.MAX_VALUE);
        return withMaxFlowsPerLoop(Math.min(maxFlowsPerLoop, quarter))
                .withMaxConnectionsPerLoop(Math.min(maxConnectionsPerLoop, quarter));
    }
}
