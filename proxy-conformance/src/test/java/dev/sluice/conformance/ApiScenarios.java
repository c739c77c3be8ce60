// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance;

import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.core.config.ProxyMode;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The scenarios whose objects are delivered by an API server's watches: some of the catalogue again, and Events. */
final class ApiScenarios {
    private static final Set<String> IDS = Set.of(
            "pod-to-remote",
            "endpoint-comes",
            "last-endpoint-goes",
            "service-deleted",
            "port-removed",
            "cluster-ip-changes",
            "manifest-edited",
            "three-slices",
            "node-port",
            "udp-pod",
            "zone-changes",
            "dual-stack");

    private ApiScenarios() {}

    static List<Scenario> of(List<Scenario> all) {
        Stream<Scenario> again = all.stream()
                .filter(s -> IDS.contains(s.id()))
                .map(s -> new Scenario(
                        "api-" + s.id(),
                        s.rows(),
                        s.behaviour() + " (objects from an API server)",
                        Set.of(ProxyMode.IPTABLES),
                        s.families(),
                        s.setup(),
                        s.steps()));
        return Stream.of(
                        again,
                        EventScenarios.all().stream(),
                        SourceScenarios.all().stream(),
                        ApiBadInputScenarios.all().stream())
                .flatMap(scenarios -> scenarios)
                .toList();
    }
}
