// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import dev.sluice.core.model.ServicePortName;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where the rules of a port with session affinity remember its clients: in an IP set for each endpoint, or in a list of
 * the {@code recent} match, which holds {@value #FEW} addresses.
 *
 * @param withoutSets why no port uses sets; empty when ports do
 * @param exceptions ports that use lists although others use sets, each with the reason
 */
public record ClientMemory(String withoutSets, Map<ServicePortName, String> exceptions) {
    /** What a list of {@code recent} holds unless the kernel module was loaded with another {@code ip_list_tot}. */
    public static final int FEW = 100;

    /** Sets for every port. */
    public static final ClientMemory SETS = new ClientMemory("", Map.of());

    public ClientMemory {
        exceptions = Map.copyOf(exceptions);
    }

    /** Lists for every port, for that reason. */
    public static ClientMemory lists(String reason) {
        return new ClientMemory(reason, Map.of());
    }

    /** This memory with lists for {@code more} ports. */
    public ClientMemory without(Map<ServicePortName, String> more) {
        Map<ServicePortName, String> all = new LinkedHashMap<>(exceptions);
        all.putAll(more);
        return new ClientMemory(withoutSets, all);
    }

    /** Whether any port uses sets. */
    public boolean usesSets() {
        return withoutSets.isEmpty();
    }

    /** Why the clients of {@code port} are remembered in lists; empty when they are in sets. */
    public Optional<String> limit(ServicePortName port) {
        return usesSets() ? Optional.ofNullable(exceptions.get(port)) : Optional.of(withoutSets);
    }
}
