// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.node;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.sync.SyncException;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.render.PacketCounter;
import dev.sluice.iptables.render.SharedChains;
import dev.sluice.iptables.render.SharedRules;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.LinkAddress;
import dev.sluice.linux.sysctl.Sysctl;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's addresses and kernel parameters, as far as rules depend on them. */
public final class NodeSetup {
    private static final Logger LOG = LoggerFactory.getLogger(NodeSetup.class);
    private static final String ROUTE_LOCALNET = "net.ipv4.conf.all.route_localnet";
    private static final String BE_LIBERAL = "net.netfilter.nf_conntrack_tcp_be_liberal";

    private final IptablesConfig config;
    private final Sysctl sysctl;
    private final Links links;
    private final RuleCounters counters;
    private List<IpAddress> local = List.of();
    private boolean countsLocalhost;

    public NodeSetup(IptablesConfig config, Sysctl sysctl, Links links, RuleCounters counters) {
        this.config = config;
        this.sysctl = sysctl;
        this.links = links;
        this.counters = counters;
    }

    private boolean servesLocalhost() {
        return SharedRules.servesLocalhost(config);
    }

    /** Whether connections to node ports on 127.0.0.1 are counted, as of the last full sync. */
    public boolean countsLocalhost() {
        return countsLocalhost;
    }

    /** The node's addresses of this family; the last known ones when they cannot be read. */
    public List<IpAddress> localAddresses() {
        try {
            local = readAddresses();
        } catch (NetlinkException e) {
            LOG.atWarn().addKeyValue("cause", e.getMessage()).log("Keeping the last known addresses of the node");
        }
        return local;
    }

    private List<IpAddress> readAddresses() throws NetlinkException {
        return links.addresses().stream()
                .map(LinkAddress::address)
                .filter(address -> address.family() == config.family())
                .toList();
    }

    /**
     * Reads the node's addresses and parameters, and renders the rules that follow from them.
     *
     * @param certain whether rules may count only into what is known to work
     */
    public SharedRules sharedRules(boolean randomFully, boolean certain) throws SyncException {
        try {
            local = readAddresses();
            boolean liberal =
                    sysctl.read(BE_LIBERAL).filter(value -> !value.equals("0")).isPresent();
            warnOfUnservedLoopback();
            boolean countInvalid = !liberal && counters.ensure(PacketCounter.INVALID_DROPPED, certain);
            countsLocalhost = servesLocalhost() && counters.ensure(PacketCounter.LOCALHOST_ACCEPTED, certain);
            return new SharedRules(
                    config, SharedRules.nodePortRules(config, local), randomFully, !liberal, countInvalid);
        } catch (NetlinkException e) {
            throw new SyncException("reading the node's addresses: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new SyncException("reading " + BE_LIBERAL + ": " + e.getMessage(), e);
        }
    }

    /** Records that the rules are in force that count. */
    public void countersWork() {
        counters.work();
    }

    private void warnOfUnservedLoopback() {
        if (!config.nodePortAddresses().matchesAll() && !servesLocalhost()) {
            local.stream()
                    .filter(IpAddress::isLoopback)
                    .filter(config.nodePortAddresses()::contains)
                    .forEach(address -> LOG.error(
                            "nodePortAddresses names the loopback address {}, but node ports are not served there: {}",
                            address,
                            config.localhostNodePorts()
                                    ? "IPv6 cannot route it"
                                    : "iptables.localhostNodePorts is false"));
        }
    }

    /** Makes the kernel route loopback addresses if node ports are served there. The guard must be in place. */
    public void openLocalhost() throws SyncException {
        if (servesLocalhost()) {
            setRouteLocalnet(
                    "1", "node ports on 127.0.0.1 need it; set iptables.localhostNodePorts to false to do without");
        }
    }

    /** Restores the kernel's default. Call it before the guard is removed. */
    public void closeLocalhost() throws SyncException {
        setRouteLocalnet("0", "it must not stay on without the guard in " + SharedChains.FIREWALL);
    }

    private void setRouteLocalnet(String value, String why) throws SyncException {
        try {
            sysctl.set(ROUTE_LOCALNET, value);
        } catch (IOException e) {
            throw new SyncException(
                    "setting " + ROUTE_LOCALNET + "=" + value + ": " + e.getMessage() + " (" + why + ")", e);
        }
    }
}
