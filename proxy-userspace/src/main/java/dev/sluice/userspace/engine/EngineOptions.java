package dev.sluice.userspace.engine;

import dev.sluice.core.config.UserspaceOptions;

/**
 * The settings of the engine.
 *
 * @param eventLoops threads that carry traffic
 * @param maxFlowsPerLoop UDP flows of one event loop; each holds a descriptor. Datagrams of further clients are dropped
 */
public record EngineOptions(UserspaceOptions userspace, int eventLoops, int maxFlowsPerLoop) {

    public EngineOptions {
        if (eventLoops < 1 || maxFlowsPerLoop < 1) {
            throw new IllegalArgumentException(
                    "at least one event loop and one flow: " + eventLoops + ", " + maxFlowsPerLoop);
        }
        if (userspace.connectTimeouts().isEmpty()) {
            throw new IllegalArgumentException("no connect time-out: at least one attempt must be allowed");
        }
    }

    /** One event loop per processor, 16,384 flows each. */
    public static EngineOptions of(UserspaceOptions userspace) {
        return new EngineOptions(userspace, Runtime.getRuntime().availableProcessors(), 16_384);
    }

    public EngineOptions withEventLoops(int count) {
        return new EngineOptions(userspace, count, maxFlowsPerLoop);
    }

    public EngineOptions withMaxFlowsPerLoop(int count) {
        return new EngineOptions(userspace, eventLoops, count);
    }
}
