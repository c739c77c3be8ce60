package dev.sluice.core.flows;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ProxySnapshot;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what flows may have been made under since they were last looked through, and so which of them to look at next.
 * Owned by the sync thread.
 *
 * <p>Not every change makes flows stale: an endpoint more, one that is not ready any more but still answers, another policy do
 * not. The table is not read for those.
 */
public final class FlowLedger {
    /** What flows were made under longer ago than so many changes is forgotten, while looking them through fails. */
    private static final int REMEMBERED = 16;

    private final FlowTargets targets;
    private final Set<Protocol> protocols;
    private final Map<ServicePortName, Page> pages = new HashMap<>();
    private final Set<ServicePortName> due = new HashSet<>();

    /** A service port as flows see it. */
    private record Lead(Set<FlowPortal> portals, Set<FlowEnd> targets) {
        static Lead of(ServicePort service, Set<FlowEnd> targets) {
            return new Lead(FlowPortal.of(service), targets);
        }

        /** Whether no flow made under this is stale under {@code next}. */
        boolean isKeptBy(Lead next) {
            // without a target there were no rules, and flows made then pass by those of today
            return portals.equals(next.portals) && !targets.isEmpty() && next.targets.containsAll(targets);
        }
    }

    private static final class Page {
        private final Deque<Lead> past = new ArrayDeque<>();
        private @Nullable Lead now;
    }

    /** @param protocols those whose flows are looked after; never TCP, whose connections have an end of their own */
    public FlowLedger(FlowTargets targets, Set<Protocol> protocols) {
        if (protocols.contains(Protocol.TCP)) {
            throw new IllegalArgumentException("deleting a TCP flow breaks its graceful close");
        }
        this.targets = targets;
        this.protocols = Set.copyOf(protocols);
    }

    /** Notes what a sync has put in force, or may have when it failed. */
    public void note(ProxySnapshot desired, Changes since) {
        if (since.everything()) {
            Set.copyOf(pages.keySet()).stream()
                    .filter(name -> desired.port(name) == null)
                    .forEach(name -> note(name, null));
            desired.ports().forEach(port -> note(port.name(), port));
        } else {
            since.ports().forEach(name -> note(name, desired.port(name)));
        }
    }

    private void note(ServicePortName name, @Nullable ResolvedPort port) {
        if (!protocols.contains(name.protocol())) {
            return;
        }
        Lead next = port == null ? null : Lead.of(port.service(), targets.of(port));
        Page page = pages.computeIfAbsent(name, key -> new Page());
        Lead last = page.now;
        page.now = next;
        if (last == null) {
            due.add(name);
        } else if (next == null || !last.isKeptBy(next)) {
            due.add(name);
            page.past.addLast(last);
            if (page.past.size() > REMEMBERED) {
                page.past.removeFirst();
            }
        }
    }

    /** All flows are to be looked through: somebody had meddled with the rules, and flows may have passed them by. */
    public void suspectAll() {
        due.addAll(pages.keySet());
    }

    /** Whether there is anything to look at. */
    public boolean isDue() {
        return !due.isEmpty();
    }

    /** What flows are to be looked at, and how they are judged. */
    public FlowPortals due() {
        FlowPortals portals = new FlowPortals();
        for (ServicePortName name : due) {
            Page page = pages.getOrDefault(name, new Page());
            Lead now = page.now;
            if (now != null) {
                now.portals().forEach(portal -> portals.inForce(portal, now.targets()));
            }
            page.past.forEach(lead -> lead.portals().forEach(portal -> portals.was(portal, lead.targets())));
        }
        return portals;
    }

    /** The flows that were due have been looked through. */
    public void settle() {
        for (ServicePortName name : due) {
            pages.computeIfPresent(name, (key, page) -> {
                page.past.clear();
                return page.now == null ? null : page;
            });
        }
        due.clear();
    }
}
