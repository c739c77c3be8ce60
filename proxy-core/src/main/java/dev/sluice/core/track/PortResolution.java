// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.Categorizer;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.track.PortalRegistry.Claimant;
import java.util.ArrayList;
import java.util.List;

/** Resolves the ports of a Service: the portals that each holds, its endpoints, and which of them this node may use. */
final class PortResolution implements FamilyState.Resolution {
    private final PortalRegistry portals;

    PortResolution(PortalRegistry portals) {
        this.portals = portals;
    }

    @Override
    public List<ResolvedPort> resolve(TrackedService service, NodeFacts node, ProblemList problems) {
        HeldPortals held = new HeldPortals(portals, problems);
        List<ResolvedPort> resolved = new ArrayList<>(service.declared().size());
        for (Claimant claimant : service.declared()) {
            held.of(claimant.declared()).ifPresent(port -> {
                List<Endpoint> endpoints = EndpointMerger.merge(service.slices(), port.name(), port.defaultWeight());
                resolved.add(new ResolvedPort(port, Categorizer.categorize(endpoints, port, node)));
            });
        }
        return resolved;
    }
}
