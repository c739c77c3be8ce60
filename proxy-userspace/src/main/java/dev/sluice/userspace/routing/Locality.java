package dev.sluice.userspace.routing;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import java.util.List;
import java.util.Set;

/**
 * Tells clients of this node from others by their address. The redirect keeps the client's address, so that the accepted
 * connection shows it.
 *
 * @param nodeAddresses every address of the node, loopback ones apart
 * @param pods the ranges of Pods that count as local, empty when they cannot be told
 */
public record Locality(Set<IpAddress> nodeAddresses, List<Cidr> pods) {
    public static final Locality UNKNOWN = new Locality(Set.of(), List.of());

    public Locality {
        nodeAddresses = Set.copyOf(nodeAddresses);
        pods = List.copyOf(pods);
    }

    public boolean isNode(IpAddress address) {
        return address.isLoopback() || nodeAddresses.contains(address);
    }

    /** Whether the short circuit of the external Local policy applies: a process of the node, or a Pod. */
    public boolean isLocal(IpAddress client) {
        return isNode(client) || pods.stream().anyMatch(net -> net.contains(client));
    }
}
