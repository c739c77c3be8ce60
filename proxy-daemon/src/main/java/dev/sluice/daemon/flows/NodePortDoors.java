package dev.sluice.daemon.flows;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.daemon.addresses.NodeAddressWatch;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.LinkAddress;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * On which addresses a mode serves node ports. A flow to a node port's number elsewhere is not the proxy's: one that is only
 * forwarded to another host, or one to a process of the node that listens on another of its addresses.
 */
final class NodePortDoors {
    private final BackendConfig config;
    private final boolean loopback;
    private final Links links;

    NodePortDoors(BackendConfig config, ProxyMode mode, Links links) {
        this.config = config;
        this.links = links;
        this.loopback = switch (mode) {
            case IPTABLES -> config.localhostNodePorts() && config.family() == IpFamily.IPV4;
            case IPVS -> false;
            case USERSPACE -> config.localhostNodePorts();
        };
    }

    /** As of now. */
    Predicate<IpAddress> open() throws NetlinkException {
        Set<IpAddress> own = links.addresses().stream()
                .filter(address -> !address.linkName().equals(NodeAddressWatch.IPVS_DEVICE))
                .map(LinkAddress::address)
                .collect(Collectors.toSet());
        return address -> config.nodePortAddresses().contains(address)
                && (address.isLoopback() ? loopback : own.contains(address));
    }
}
