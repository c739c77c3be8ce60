package dev.sluice.userspace;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.userspace.routing.Portal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which service port holds each portal. The first to ask gets it; the others wait until it is given back. */
final class Claims {
    private final Map<Portal, ServicePortName> holders = new HashMap<>();
    private final Map<Portal, Set<ServicePortName>> waiting = new HashMap<>();

    /** Whether {@code portal} is now held by {@code name}; if not, it waits for it. */
    boolean claim(Portal portal, ServicePortName name) {
        if (name.equals(holders.computeIfAbsent(portal, any -> name))) {
            return true;
        }
        waiting.computeIfAbsent(portal, any -> new LinkedHashSet<>()).add(name);
        return false;
    }

    @Nullable
    ServicePortName holder(Portal portal) {
        return holders.get(portal);
    }

    /** Gives back what {@code name} holds or waits for; answers who has been waiting for what it held. */
    Set<ServicePortName> release(Set<Portal> portals, ServicePortName name) {
        Set<ServicePortName> next = new HashSet<>();
        for (Portal portal : portals) {
            Set<ServicePortName> queue = waiting.get(portal);
            if (queue != null && queue.remove(name) && queue.isEmpty()) {
                waiting.remove(portal);
            }
            if (holders.remove(portal, name)) {
                next.addAll(waiting.getOrDefault(portal, Set.of()));
            }
        }
        return next;
    }
}
