package dev.sluice.core.flows;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.Protocol;
import java.util.Set;
import java.util.stream.Collectors;

/** Where the flows of a service port may lead, in some mode. */
@FunctionalInterface
public interface FlowTargets {

    /** Empty when flows may lead nowhere. */
    Set<FlowEnd> of(ResolvedPort port);

    /**
     * The endpoints, in the modes that leave the carrying to the kernel. Neither a policy nor a topology hint cuts a flow that
     * exists, so all endpoints count, wherever they are. A UDP flow must lead to one that answers, ready or not. An SCTP
     * association has an end of its own, so one keeps it as long as the endpoint is there at all.
     */
    static FlowTargets endpoints() {
        return port -> port.endpoints().all().stream()
                .filter(port.name().protocol() == Protocol.SCTP ? endpoint -> true : Endpoint::serving)
                .map(FlowEnd::of)
                .collect(Collectors.toUnmodifiableSet());
    }
}
