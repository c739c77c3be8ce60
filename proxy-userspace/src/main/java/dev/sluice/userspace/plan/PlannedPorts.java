// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.plan;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.rules.SetLookup;
import dev.sluice.userspace.rules.ChainRule;
import dev.sluice.userspace.rules.PortalElement;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The service ports of one family as of the last plan. No two of them share a portal: the tracker has chosen among
 * Services that request the same one.
 */
public final class PlannedPorts implements SetLookup {
    /** In the order of their rules. */
    private final Map<ServicePortName, PortState> states = new LinkedHashMap<>();

    public Set<ServicePortName> names() {
        return Set.copyOf(states.keySet());
    }

    public @Nullable PortState get(ServicePortName name) {
        return states.get(name);
    }

    /** Replaces {@code before}; new rules go behind those of all other ports. */
    void replace(@Nullable PortState before, @Nullable PortState after) {
        if (before != null && (after == null || !after.udpRedirects().equals(before.udpRedirects()))) {
            states.remove(before.name());
        }
        if (after != null) {
            states.put(after.name(), after);
        }
    }

    /** The set elements of all service ports. */
    public Set<PortalElement> elements() {
        Set<PortalElement> elements = new LinkedHashSet<>();
        states.values().forEach(state -> elements.addAll(state.elements()));
        return elements;
    }

    /** The rules that lead to the UDP sockets of all service ports. */
    public List<ChainRule> udpRedirects() {
        return states.values().stream()
                .flatMap(state -> state.udpRedirects().stream())
                .toList();
    }

    /** The service ports that need {@code element}. */
    List<ServicePortName> owners(PortalElement element) {
        return states.values().stream()
                .filter(state -> state.elements().contains(element))
                .map(PortState::name)
                .toList();
    }

    @Override
    public boolean contains(IpSet set, SetEntry entry) {
        PortalElement asked = new PortalElement(set, entry);
        return states.values().stream().anyMatch(state -> matches(state.elements(), asked));
    }

    private static boolean matches(Set<PortalElement> elements, PortalElement asked) {
        if (asked.entry() instanceof SetEntry.IpPortNet single) {
            return elements.stream()
                    .anyMatch(e -> e.set().equals(asked.set())
                            && e.entry() instanceof SetEntry.IpPortNet range
                            && range.address().equals(single.address())
                            && range.protocol() == single.protocol()
                            && range.port() == single.port()
                            && range.net().contains(single.net().base()));
        }
        return elements.contains(asked);
    }
}
