package dev.sluice.userspace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import java.time.Duration;

/** Sees to it that nothing keeps a buffer: what loops had cached is given back when their threads end. */
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
