package dev.sluice.core.track;

import dev.sluice.core.model.Categorizer;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.track.ClaimTable.Claimant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Works out the ports of a Service: what each holds, which endpoints it has, and which of them this node may use. */
final class PortResolution implements FamilyState.Resolution {
    private final ClaimTable claims;

    PortResolution(ClaimTable claims) {
        this.claims = claims;
    }

    @Override
    public List<ResolvedPort> resolve(ServiceState service, NodeFacts node, ProblemList problems) {
        Contention contention = new Contention(claims, problems);
        List<ResolvedPort> resolved = new ArrayList<>(service.declared().size());
        for (Claimant claimant : service.declared()) {
            Optional<ServicePort> held = contention.remainder(claimant.declared());
            if (held.isPresent()) {
                List<Endpoint> endpoints = EndpointMerger.merge(
                        service.slices(), held.get().name(), held.get().defaultWeight());
                resolved.add(new ResolvedPort(held.get(), Categorizer.categorize(endpoints, held.get(), node)));
            }
        }
        return resolved;
    }
}
