package dev.sluice.iptables.node;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.sync.SyncException;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.render.FixedChains;
import dev.sluice.iptables.render.FixedRules;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.LinkAddress;
import dev.sluice.linux.sysctl.Sysctl;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the rules depend on of the node itself: its addresses and its kernel parameters. */
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

    public boolean servesLocalhost() {
        return FixedRules.servesLocalhost(config);
    }

    /** Whether connections to node ports on 127.0.0.1 are counted, as of the last full sync. */
    public boolean countsLocalhost() {
        return countsLocalhost;
    }

    /** The node's present addresses of this family; those known before when they cannot be read. */
    public List<IpAddress> localAddresses() {
        try {
            local = readAddresses();
        } catch (NetlinkException e) {
            LOG.warn("going on with the addresses that the node had: {}", e.getMessage());
        }
        return local;
    }

    private List<IpAddress> readAddresses() throws NetlinkException {
        return links.addresses().stream()
                .map(LinkAddress::address)
                .filter(address -> address.family() == config.family())
                .toList();
    }

    /** Reads the node's addresses and parameters, and renders what follows from them. */
    public FixedRules fixedRules(boolean randomFully) throws SyncException {
        try {
            local = readAddresses();
            boolean liberal =
                    sysctl.read(BE_LIBERAL).filter(value -> !value.equals("0")).isPresent();
            warnOfUnservedLoopback();
            boolean countInvalid = !liberal && counters.ensure(RuleCounters.INVALID_DROPPED);
            countsLocalhost = servesLocalhost() && counters.ensure(RuleCounters.LOCALHOST_ACCEPTED);
            return new FixedRules(config, FixedRules.nodePortRules(config, local), randomFully, !liberal, countInvalid);
        } catch (NetlinkException e) {
            throw new SyncException("reading the node's addresses: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new SyncException("reading " + BE_LIBERAL + ": " + e.getMessage(), e);
        }
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

    /** Lets the kernel route loopback addresses when node ports are to answer there; call it with the guard in place. */
    public void openLocalhost() throws SyncException {
        if (servesLocalhost()) {
            setRouteLocalnet(
                    "1", "node ports on 127.0.0.1 need it; set iptables.localhostNodePorts to false to do without");
        }
    }

    /** Goes back to the kernel's default; call it before the guard goes. */
    public void closeLocalhost() throws SyncException {
        setRouteLocalnet("0", "it must not stay on without the guard in " + FixedChains.FIREWALL);
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
