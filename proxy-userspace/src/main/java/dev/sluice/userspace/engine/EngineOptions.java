package dev.sluice.userspace.engine;

import dev.sluice.core.config.UserspaceOptions;

/**
 * The settings of the engine.
 *
 * @param eventLoops threads that carry traffic
 * @param spliceAfter bytes that come in large pieces, one after the other, before a TCP connection's bytes are no longer copied but
 *     moved inside the kernel; negative for never
 * @param maxFlowsPerLoop UDP flows of one event loop; each holds a descriptor. Datagrams of further clients are dropped
 */
public record EngineOptions(UserspaceOptions userspace, int eventLoops, int maxFlowsPerLoop, long spliceAfter) {
    private static final long SPLICE_AFTER = 256 << 10;

    public EngineOptions {
        if (eventLoops < 1 || maxFlowsPerLoop < 1) {
            throw new IllegalArgumentException(
                    "at least one event loop and one flow: " + eventLoops + ", " + maxFlowsPerLoop);
        }
        if (userspace.connectTimeouts().isEmpty()) {
            throw new IllegalArgumentException("no connect time-out: at least one attempt must be allowed");
        }
    }

    /**
     * One event loop per processor, 16,384 flows each, splicing after 256 KiB or what the system property
     * {@code sluice.userspace.splice-after} says.
     */
    public static EngineOptions of(UserspaceOptions userspace) {
        return new EngineOptions(
                userspace,
                Runtime.getRuntime().availableProcessors(),
                16_384,
                Long.getLong("sluice.userspace.splice-after", SPLICE_AFTER));
    }

    public EngineOptions withEventLoops(int count) {
        return new EngineOptions(userspace, count, maxFlowsPerLoop, spliceAfter);
    }

    public EngineOptions withMaxFlowsPerLoop(int count) {
        return new EngineOptions(userspace, eventLoops, count, spliceAfter);
    }

    public EngineOptions withSpliceAfter(long bytes) {
        return new EngineOptions(userspace, eventLoops, maxFlowsPerLoop, bytes);
    }
}
