package dev.sluice.core.track;

import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.track.ClaimTable.AddressClaim;
import dev.sluice.core.track.ClaimTable.Claim;
import dev.sluice.core.track.ClaimTable.Claimant;
import dev.sluice.core.track.ClaimTable.NodePortClaim;
import dev.sluice.core.track.ParsedService.DeclaredPort;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What is left of a service port after others have taken what they have the better right to. */
final class Contention {
    private final ClaimTable claims;
    private final ProblemList problems;

    Contention(ClaimTable claims, ProblemList problems) {
        this.claims = claims;
        this.problems = problems;
    }

    /** The port with what it holds; empty when it does not hold its cluster address. */
    Optional<ServicePort> remainder(DeclaredPort declared) {
        ServicePort port = declared.port();
        String field = "spec.ports[" + declared.index() + "]";
        Claim cluster = ClaimTable.clusterClaim(port);
        if (isLost(cluster, port)) {
            problems.skipped(field, heldByOther(cluster) + "this port is left out as long as that is so");
            return Optional.empty();
        }
        boolean nodePortLost = false;
        if (port.nodePort() != 0) {
            Claim claim = new NodePortClaim(port.nodePort(), port.protocol());
            nodePortLost = isLost(claim, port);
            if (nodePortLost) {
                problems.skipped(field + ".nodePort", heldByOther(claim) + "this port has none as long as that is so");
            }
        }
        Set<IpAddress> lost = new HashSet<>();
        collectLost(port.externalIps(), port, "spec.externalIPs", lost);
        collectLost(port.loadBalancerVips(), port, "status.loadBalancer.ingress", lost);
        return Optional.of(port.without(nodePortLost, lost));
    }

    private void collectLost(List<IpAddress> addresses, ServicePort port, String field, Set<IpAddress> lost) {
        for (IpAddress address : addresses) {
            Claim claim = new AddressClaim(address, port.port(), port.protocol());
            if (isLost(claim, port) && lost.add(address)) {
                problems.skipped(field, heldByOther(claim) + "not served for this Service as long as that is so");
            }
        }
    }

    private boolean isLost(Claim claim, ServicePort port) {
        Claimant holder = claims.holder(claim);
        return holder == null || !holder.port().name().equals(port.name());
    }

    private String heldByOther(Claim claim) {
        Claimant holder = claims.holder(claim);
        return claim + " is held by Service "
                + (holder == null ? "?" : holder.port().name()) + "; ";
    }
}
