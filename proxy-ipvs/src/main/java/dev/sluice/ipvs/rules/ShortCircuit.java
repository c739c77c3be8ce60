package dev.sluice.ipvs.rules;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.ipvs.rules.Match.Comment;
import dev.sluice.ipvs.rules.Match.Destination;
import dev.sluice.linux.ipvs.ServiceKey;
import java.util.List;

/**
 * An external address under {@code externalTrafficPolicy: Local} whose virtual server has the local endpoints alone, while
 * others exist: the node and its Pods are sent on to the cluster address, whose virtual server has them all.
 */
public record ShortCircuit(ServicePortName service, ServiceKey from, ServiceKey to) {

    /** What {@link FixedRules#SHORT_CIRCUIT_TO} holds for it. */
    public Rule rule() {
        return new Rule(
                List.of(new Destination(from), new Comment(service.toString())),
                "DNAT --to-destination " + to.address().withPort(to.port()));
    }
}
