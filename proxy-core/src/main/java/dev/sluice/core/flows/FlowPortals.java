package dev.sluice.core.flows;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Some portals, where flows to them may lead, and the judgement of flows by that. Flows to anything else are nobody's business
 * here, and neither is what somebody else translates.
 */
public final class FlowPortals {
    private final Map<FlowPortal, Set<FlowEnd>> inForce = new HashMap<>();
    private final Map<FlowPortal, Set<FlowEnd>> gone = new HashMap<>();

    void inForce(FlowPortal portal, Set<FlowEnd> targets) {
        inForce.put(portal, targets);
    }

    /** A portal as it was; of no weight where it is in force, for the same service port or another one. */
    void was(FlowPortal portal, Set<FlowEnd> targets) {
        gone.computeIfAbsent(portal, key -> new HashSet<>()).addAll(targets);
    }

    /** Every portal that flows are judged by. */
    public Set<FlowPortal> all() {
        Set<FlowPortal> all = new HashSet<>(inForce.keySet());
        // a TCP-like farewell: an association of a Service that is gone ends by itself, or with its endpoint
        gone.keySet().stream()
                .filter(portal -> portal.protocol() != Protocol.SCTP)
                .forEach(all::add);
        return all;
    }

    /**
     * Why {@code flow} is stale; empty when it is not, or when it is not to one of these portals.
     *
     * @param nodePortsAt tells the addresses of this node that serve node ports
     */
    public Optional<StaleReason> judge(FlowPath flow, Predicate<IpAddress> nodePortsAt) {
        FlowEnd asked = flow.asked();
        FlowPortal onAddress = new FlowPortal.OnAddress(flow.protocol(), asked.address(), asked.port());
        if (inForce.containsKey(onAddress) || gone.containsKey(onAddress)) {
            return judge(flow, onAddress);
        }
        FlowPortal onNode = new FlowPortal.OnNode(flow.protocol(), asked.port());
        if ((inForce.containsKey(onNode) || gone.containsKey(onNode)) && nodePortsAt.test(asked.address())) {
            return judge(flow, onNode);
        }
        return Optional.empty();
    }

    private Optional<StaleReason> judge(FlowPath flow, FlowPortal portal) {
        @Nullable Set<FlowEnd> targets = inForce.get(portal);
        if (targets == null) {
            return afterwards(flow, gone.getOrDefault(portal, Set.of()));
        }
        if (targets.contains(flow.reached())) {
            return Optional.empty();
        }
        if (!flow.translated()) {
            return flow.ownZone() ? Optional.of(StaleReason.UNTRANSLATED) : Optional.empty();
        }
        return Optional.of(targets.isEmpty() ? StaleReason.NO_ENDPOINTS : StaleReason.ENDPOINT_GONE);
    }

    /** Once its portal is gone, a flow that never was translated is as good as any, and so is what others translated. */
    private static Optional<StaleReason> afterwards(FlowPath flow, Set<FlowEnd> targets) {
        boolean ours = flow.translated() && targets.contains(flow.reached());
        return ours && flow.protocol() != Protocol.SCTP ? Optional.of(StaleReason.SERVICE_GONE) : Optional.empty();
    }
}
