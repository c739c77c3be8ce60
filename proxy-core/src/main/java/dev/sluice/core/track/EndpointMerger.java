// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ServicePortName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Merges the slices of a Service into the endpoints of one of its ports, sorted by {@code ip:port} as text.
 *
 * <p>The same {@code ip:port} may stand in several slices. When all name one Pod, it is on its way from one slice to
 * another; termination is never taken back, so the entry that says "terminating" is the newer one. When they name
 * different Pods, an old Pod's ghost still holds the address of a new Pod, and the entry that is not terminating wins
 * (kubernetes#135593). What is then still equal is decided by readiness and by content, never by order of arrival.
 */
final class EndpointMerger {
    private static final Comparator<Candidate> BEST_FIRST = Comparator.comparing(
                    (Candidate c) -> c.address.terminating())
            .thenComparing(c -> !c.address.ready())
            .thenComparing(c -> !c.address.serving())
            .thenComparing(c -> !c.address.local())
            .thenComparing(c -> c.slice.name().name())
            .thenComparingInt(c -> c.place);

    private EndpointMerger() {}

    /** @param defaultWeight the weight of endpoints whose slice gives none */
    static List<Endpoint> merge(List<Slice> slices, ServicePortName name, int defaultWeight) {
        Map<String, Candidate> byKey = new TreeMap<>();
        for (Slice slice : slices) {
            for (Slice.Port port : slice.ports()) {
                if (port.protocol() == name.protocol() && port.name().equals(name.port())) {
                    addAll(slice, port.port(), byKey);
                }
            }
        }
        List<Endpoint> merged = new ArrayList<>(byKey.size());
        for (Candidate candidate : byKey.values()) {
            merged.add((candidate.next == null ? candidate : best(candidate)).endpoint(defaultWeight));
        }
        return List.copyOf(merged);
    }

    private static void addAll(Slice slice, int port, Map<String, Candidate> byKey) {
        for (int i = 0; i < slice.addresses().size(); i++) {
            Slice.Address address = slice.addresses().get(i);
            byKey.merge(
                    address.address().withPort(port),
                    new Candidate(slice, i, address, port, null),
                    (old, added) -> new Candidate(slice, added.place, address, port, old));
        }
    }

    private static Candidate best(Candidate first) {
        List<Candidate> all = new ArrayList<>();
        for (Candidate c = first; c != null; c = c.next) {
            all.add(c);
        }
        return all.stream()
                .filter(c -> all.stream().noneMatch(c::isOutdatedBy))
                .min(BEST_FIRST)
                .orElseThrow();
    }

    /** @param next another one of the same {@code ip:port} */
    private record Candidate(
            Slice slice,
            int place,
            Slice.Address address,
            int port,
            @Nullable Candidate next) {

        boolean isOutdatedBy(Candidate other) {
            return address.target() != 0
                    && address.target() == other.address.target()
                    && !address.terminating()
                    && other.address.terminating();
        }

        Endpoint endpoint(int defaultWeight) {
            return new Endpoint(
                    address.address(),
                    port,
                    address.local(),
                    address.ready(),
                    address.serving(),
                    address.terminating(),
                    address.zoneHints(),
                    address.nodeHints(),
                    slice.weight() == Slice.NO_WEIGHT ? defaultWeight : slice.weight());
        }
    }
}
