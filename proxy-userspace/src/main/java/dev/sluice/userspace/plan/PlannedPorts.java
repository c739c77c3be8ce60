// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.plan;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.rules.SetLookup;
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
    private final Map<ServicePortName, DesiredPort> ports = new LinkedHashMap<>();

    public Set<ServicePortName> names() {
        return Set.copyOf(ports.keySet());
    }

    public @Nullable DesiredPort get(ServicePortName name) {
        return ports.get(name);
    }

    /** @param after null removes the port */
    void replace(ServicePortName name, @Nullable DesiredPort after) {
        if (after == null) {
            ports.remove(name);
        } else {
            ports.put(name, after);
        }
    }

    /** The set elements of all service ports. */
    public Set<PortalElement> elements() {
        Set<PortalElement> elements = new LinkedHashSet<>();
        ports.values().forEach(port -> elements.addAll(port.elements()));
        return elements;
    }

    /** The service ports that need {@code element}. */
    List<ServicePortName> owners(PortalElement element) {
        return ports.values().stream()
                .filter(port -> port.elements().contains(element))
                .map(DesiredPort::name)
                .toList();
    }

    @Override
    public boolean contains(IpSet set, SetEntry entry) {
        PortalElement asked = new PortalElement(set, entry);
        return ports.values().stream().anyMatch(port -> matches(port.elements(), asked));
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
