// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.userspace.config.UserspaceOptions;

/**
 * The settings of the engine.
 *
 * @param eventLoops the number of threads that carry traffic
 * @param maxFlowsPerLoop UDP flows of one event loop; each holds a descriptor. Datagrams of further clients are dropped
 * @param spliceAfter the bytes in successive large reads after which a TCP connection is spliced: the kernel moves its
 *     bytes, in place of copies by this process; negative for never
 * @param maxConnectionsPerLoop TCP connections of one event loop; each holds two descriptors, and up to four more while
 *     it is spliced and busy. Further ones are reset at once
 * @param socketMark the firewall mark of what is sent to endpoints, 0 for none; any other takes CAP_NET_ADMIN
 */
public record EngineOptions(
        UserspaceOptions userspace,
        int eventLoops,
        int maxFlowsPerLoop,
        long spliceAfter,
        int maxConnectionsPerLoop,
        int socketMark) {
    private static final long SPLICE_AFTER = 256 << 10;
    private static final int MAX_CONNECTIONS = 1 << 18;

    public EngineOptions {
        if (eventLoops < 1 || maxFlowsPerLoop < 1 || maxConnectionsPerLoop < 1) {
            throw new IllegalArgumentException("at least one event loop, one flow and one connection: " + eventLoops
                    + ", " + maxFlowsPerLoop + ", " + maxConnectionsPerLoop);
        }
        if (userspace.connectTimeouts().isEmpty()) {
            throw new IllegalArgumentException("no connect timeout: at least one attempt must be allowed");
        }
    }

    /**
     * The defaults: no mark, one event loop per processor, with 16,384 flows and 262,144 connections each, and splicing
     * after 256 KiB or the system property {@code sluice.userspace.splice-after}.
     */
    public static EngineOptions of(UserspaceOptions userspace) {
        return new EngineOptions(
                userspace,
                Runtime.getRuntime().availableProcessors(),
                16_384,
                Long.getLong("sluice.userspace.splice-after", SPLICE_AFTER),
                MAX_CONNECTIONS,
                0);
    }

    public EngineOptions withEventLoops(int count) {
        return new EngineOptions(userspace, count, maxFlowsPerLoop, spliceAfter, maxConnectionsPerLoop, socketMark);
    }

    public EngineOptions withMaxFlowsPerLoop(int count) {
        return new EngineOptions(userspace, eventLoops, count, spliceAfter, maxConnectionsPerLoop, socketMark);
    }

    public EngineOptions withMaxConnectionsPerLoop(int count) {
        return new EngineOptions(userspace, eventLoops, maxFlowsPerLoop, spliceAfter, count, socketMark);
    }

    public EngineOptions withSocketMark(int mark) {
        return new EngineOptions(userspace, eventLoops, maxFlowsPerLoop, spliceAfter, maxConnectionsPerLoop, mark);
    }

    /**
     * Limits flows and connections to what {@code limit} open files allow: a quarter of them for UDP flows, half for
     * TCP connections, and the rest for everything else.
     */
    public EngineOptions withinOpenFiles(long limit) {
        int quarter = Math.clamp(limit / 4 / eventLoops, 1, Integer.MAX_VALUE);
        return withMaxFlowsPerLoop(Math.min(maxFlowsPerLoop, quarter))
                .withMaxConnectionsPerLoop(Math.min(maxConnectionsPerLoop, quarter));
    }
}
