// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.balance.UpstreamPool;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint of each client of one service port with {@code sessionAffinity: ClientIP}, whichever portal the client
 * uses. Times are of {@link System#nanoTime}.
 */
final class AffinityTable {
    /** Further clients get no affinity until others have expired: about 10 MB per service port. */
    static final int MAX_CLIENTS = 100_000;
    /**
     * A sweep takes an event loop about a millisecond, so only one in this many clients beyond the limit starts one.
     */
    static final int CLIENTS_PER_SWEEP = 1024;

    private final ConcurrentHashMap<IpAddress, Pin> pins = new ConcurrentHashMap<>();
    private final AtomicInteger turnedAway = new AtomicInteger();

    private record Pin(SocketAddress key, long lastUse) {}

    /** The endpoint of {@code client} if it is one of {@code allowed}, else null. */
    @Nullable
    Upstream pinned(IpAddress client, UpstreamPool allowed, int seconds, long now) {
        Pin pin = pins.get(client);
        if (pin == null) {
            return null;
        }
        if (expired(pin, seconds, now)) {
            pins.remove(client, pin);
            return null;
        }
        return allowed.find(pin.key());
    }

    void pin(IpAddress client, SocketAddress endpoint, int seconds, long now) {
        if (pins.size() >= MAX_CLIENTS && !pins.containsKey(client)) {
            if (turnedAway.getAndIncrement() % CLIENTS_PER_SWEEP == 0) {
                pins.values().removeIf(pin -> expired(pin, seconds, now));
            }
            if (pins.size() >= MAX_CLIENTS) {
                return;
            }
        }
        pins.put(client, new Pin(endpoint, now));
    }

    /** Forgets every client whose endpoint is not in {@code known}. */
    void keepOnly(Set<SocketAddress> known) {
        pins.values().removeIf(pin -> !known.contains(pin.key()));
    }

    void clear() {
        pins.clear();
    }

    private static boolean expired(Pin pin, int seconds, long now) {
        return now - pin.lastUse >= TimeUnit.SECONDS.toNanos(seconds);
    }
}
