// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import java.time.Duration;

/** Checks that no buffer is lost; those that event loops cache are released when their threads end. */
final class Buffers {
    private Buffers() {}

    static long inUse() {
        return PooledByteBufAllocator.DEFAULT.metric().directArenas().stream()
                .mapToLong(PoolArenaMetric::numActiveAllocations)
                .sum();
    }

    static void assertNoneInUse() {
        await("all buffers given back")
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(inUse()).isZero());
    }
}
