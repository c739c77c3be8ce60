package dev.sluice.userspace.routing;

import dev.sluice.core.net.IpAddress;
import dev.sluice.userspace.balance.Pool;
import dev.sluice.userspace.balance.Target;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint each client of one service port keeps ({@code sessionAffinity: ClientIP}), whatever address of the
 * service port it uses. Times are of {@link System#nanoTime}.
 */
final class Affinity {
    /** Clients beyond this are balanced without affinity until others have expired: about 10 MB per service port. */
    static final int MAX_CLIENTS = 100_000;
    /** A look at all of them takes about a millisecond of an event loop, so not each client beyond the limit brings one. */
    static final int CLIENTS_PER_SWEEP = 1024;

    private final ConcurrentHashMap<IpAddress, Pin> pins = new ConcurrentHashMap<>();
    private final AtomicInteger turnedAway = new AtomicInteger();

    private record Pin(Target.Key key, long lastUse) {}

    /** The endpoint that {@code client} keeps, as long as it is one of {@code allowed}. */
    @Nullable
    Target pinned(IpAddress client, Pool allowed, int seconds, long now) {
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

    void pin(IpAddress client, Target.Key endpoint, int seconds, long now) {
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

    /** Forgets every client whose endpoint is not one of {@code known}. */
    void keepOnly(Set<Target.Key> known) {
        pins.values().removeIf(pin -> !known.contains(pin.key()));
    }

    void clear() {
        pins.clear();
    }

    private static boolean expired(Pin pin, int seconds, long now) {
        return now - pin.lastUse >= TimeUnit.SECONDS.toNanos(seconds);
    }
}
