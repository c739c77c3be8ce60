package dev.sluice.userspace;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.flows.FlowEnd;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.IpSets.SetResult;
import dev.sluice.linux.iptables.ChainName;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import dev.sluice.linux.route.Links;
import dev.sluice.userspace.engine.EngineException;
import dev.sluice.userspace.engine.UdpSocket;
import dev.sluice.userspace.engine.UserspaceEngine;
import dev.sluice.userspace.routing.Locality;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.RoutingTable;
import dev.sluice.userspace.rules.PortalSets;
import dev.sluice.userspace.rules.RedirectRules;
import dev.sluice.userspace.rules.SetElement;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Userspace mode in one family: rules and sets lead Service traffic to the sockets of the {@link UserspaceEngine},
 * whose loops pass it on.
 *
 * <p>The engine and the kernel's interfaces are shared with others and stay open when this is closed.
 */
public final class UserspaceBackend implements ProxyBackend {
    private static final ObjectKind TCP_LISTENERS = ObjectKind.of("userspace.tcp_listeners");
    private static final ObjectKind UDP_SOCKETS = ObjectKind.of("userspace.udp_sockets");
    private static final ObjectKind PORTALS = ObjectKind.of("userspace.portals");

    private static final Logger LOG = LoggerFactory.getLogger(UserspaceBackend.class);

    private final BackendConfig config;
    private final UserspaceEngine engine;
    private final Iptables iptables;
    private final IpSets sets;
    private final Links links;
    private final RoutingTable table;
    private ServiceBook book;
    /** Null until the rules are in force. */
    private @Nullable RedirectRules rules;

    private @Nullable NodeFacts node;

    public UserspaceBackend(BackendConfig config, UserspaceEngine engine, Iptables iptables, IpSets sets, Links links) {
        this.config = config;
        this.engine = engine;
        this.iptables = iptables;
        this.sets = sets;
        this.links = links;
        this.table = new RoutingTable(config.family());
        this.book = newBook();
    }

    private ServiceBook newBook() {
        return new ServiceBook(table, engine, System::nanoTime);
    }

    @Override
    public ProxyMode mode() {
        return ProxyMode.USERSPACE;
    }

    @Override
    public IpFamily family() {
        return config.family();
    }

    @Override
    public SyncReport sync(ProxySnapshot desired, Changes since) throws SyncException {
        RedirectRules inForce = rules;
        boolean full = since.everything() || inForce == null || !desired.node().equals(node);
        rules = null;
        try {
            KernelCost cost = full || inForce == null
                    ? syncAll(desired, Optional.ofNullable(inForce))
                    : syncSome(desired, since.ports(), inForce);
            return new SyncReport(full, cost, book.problems(), counts());
        } catch (KernelException | EngineException e) {
            throw new SyncException("userspace mode, " + family() + ": " + e.getMessage(), e);
        }
    }

    /** Endpoints that start slowly get more from time to time. */
    @Override
    public Optional<Duration> nextCheck() {
        return book.nextStep();
    }

    @Override
    public boolean keepsStateIn(KernelObject object) {
        return RedirectRules.owns(object.name())
                || (object.kind().equals("nat") || object.kind().equals("filter"))
                        && ChainName.isBuiltIn(object.name());
    }

    /** The proxy's own address is one of them, and whose clients are the node's is told by them. */
    @Override
    public boolean dependsOn(IpAddress address) {
        return address.family() == family() && address.isReachable();
    }

    private KernelCost syncAll(ProxySnapshot desired, Optional<RedirectRules> before) throws KernelException {
        ProxyAddress address =
                ProxyAddress.find(links, desired.node(), family(), before.map(RedirectRules::proxyAddress));
        RedirectRules wanted = new RedirectRules(config, address.chosen(), engine.listen(table));
        table.setLocality(new Locality(address.all(), localPods(desired.node())));
        Set<ServicePortName> names = new LinkedHashSet<>(book.names());
        desired.ports().stream().map(ResolvedPort::name).sorted().forEach(names::add);
        PendingChange change = plan(desired, names, wanted);
        KernelCost cost;
        try {
            SetEdit elements = SetEdit.against(sets, family(), book.members());
            RestoreScript script = new RestoreScript();
            TableDiff.plan(saved("nat"), wanted.nat(book.udpRules()), RedirectRules::owns, script);
            TableDiff.plan(saved("filter"), wanted.filter(), RedirectRules::owns, script);
            cost = restore(script).plus(apply(elements));
        } finally {
            change.finish();
        }
        rules = wanted;
        node = desired.node();
        return cost;
    }

    private KernelCost syncSome(ProxySnapshot desired, Set<ServicePortName> names, RedirectRules inForce)
            throws KernelException {
        Set<ServicePortName> touched = new LinkedHashSet<>(names);
        touched.addAll(book.due());
        PendingChange change = plan(desired, touched, inForce);
        RestoreScript added = new RestoreScript().table("nat");
        change.newRules.forEach(rule -> added.append(rule.chain(), rule.spec()));
        RestoreScript removed = new RestoreScript().table("nat");
        change.oldRules.forEach(rule -> removed.delete(rule.chain(), rule.spec()));
        KernelCost cost;
        try {
            cost = restore(added).plus(apply(change.elements)).plus(restore(removed));
        } finally {
            change.finish();
        }
        rules = inForce;
        return cost;
    }

    private PendingChange plan(ProxySnapshot desired, Set<ServicePortName> names, RedirectRules wanted) {
        PendingChange change = new PendingChange();
        names.forEach(name -> book.update(name, desired.port(name), wanted.proxyAddress(), change));
        return change;
    }

    private SavedTable saved(String name) throws KernelException {
        return SavedTable.parse(name, iptables.save(name));
    }

    private KernelCost restore(RestoreScript script) throws KernelException {
        if (script.isEmpty()) {
            return KernelCost.NONE;
        }
        iptables.restore(script.text());
        return new KernelCost(script.lines(), script.bytes());
    }

    private KernelCost apply(SetEdit elements) throws KernelException {
        SetResult result = elements.apply(sets);
        for (IpSets.Failure failure : result.failures()) {
            if (failure.change().add()) {
                book.refused(
                        new SetElement(failure.change().set(), failure.change().entry()),
                        String.valueOf(failure.error().getMessage()));
            } else {
                LOG.warn("{} stays: {}", failure.change(), failure.error().getMessage());
            }
        }
        return new KernelCost(result.messages(), result.bytes());
    }

    /**
     * Which clients are Pods of this node. Interfaces cannot be told from a connection: there the node's ranges stand
     * in.
     */
    private List<Cidr> localPods(NodeFacts facts) {
        return switch (config.localDetector()) {
            case LocalDetector.None none -> List.of();
            case LocalDetector.SourceCidr pods -> List.of(pods.cidr());
            case LocalDetector.Bridge bridge -> podRanges(facts);
            case LocalDetector.InterfacePrefix interfaces -> podRanges(facts);
        };
    }

    private List<Cidr> podRanges(NodeFacts facts) {
        return facts.podCidrs().stream().filter(c -> c.family() == family()).toList();
    }

    /**
     * Where flows to {@code port} go: to its UDP socket. Another endpoint is the loops' own affair, another socket is
     * not: the kernel would go on with the old one, since it asks the rules for the first datagram of a flow only.
     */
    public Set<FlowEnd> flowEnds(ResolvedPort port) {
        ServiceState state = book.state(port.name());
        UdpSocket socket = state == null ? null : state.udp();
        return socket == null ? Set.of() : Set.of(new FlowEnd(socket.address(), socket.port()));
    }

    /** The service ports in force; asked on any thread. */
    Set<PortBalancer> services() {
        return table.balancers();
    }

    private Map<ObjectKind, Long> counts() {
        return Map.of(
                TCP_LISTENERS, (long) engine.listeners(family()),
                UDP_SOCKETS, (long) book.udpSockets(),
                PORTALS, (long) table.size());
    }

    @Override
    public Trace explain(Packet packet) {
        return new Explanation(config, table, book, Optional.ofNullable(rules)).of(packet);
    }

    /** Whether a user chain is of this mode, by its name. */
    public static boolean owns(String table, String chain) {
        return !table.equals("mangle") && RedirectRules.owns(chain);
    }

    /**
     * Takes away the sets of this mode, for a proxy of another one; no rule may name them any more.
     *
     * @return whether there was one
     */
    public static boolean removeSets(IpSets sets, IpFamily family) throws NetlinkException {
        Set<String> present = sets.names();
        boolean any = false;
        for (var set : PortalSets.all(family)) {
            if (present.contains(set.name())) {
                sets.destroy(set.name());
                any = true;
            }
        }
        return any;
    }

    @Override
    public void cleanUp() throws SyncException {
        close();
        RestoreScript script = new RestoreScript();
        try {
            for (String name : List.of("nat", "filter")) {
                TableDiff.plan(saved(name), TableRules.nothing(name), RedirectRules::owns, script);
            }
            restore(script);
            removeSets(sets, family());
        } catch (KernelException e) {
            throw new SyncException("userspace mode, " + family() + ": clean-up stopped: " + e.getMessage(), e);
        }
    }

    /**
     * Has new TCP connections wait, instead of being refused, until a next process is there or {@code end} has come.
     * Not while syncs run, and before the engine stops listening. Without rules in force there is nothing to do.
     */
    public void pauseNewConnections(Instant end) throws SyncException {
        RedirectRules inForce = rules;
        if (inForce == null) {
            return;
        }
        RestoreScript script = new RestoreScript().table("filter");
        inForce.pause(end).forEach(rule -> script.insert(rule.chain(), 1, rule.spec()));
        try {
            restore(script);
        } catch (KernelException e) {
            throw new SyncException(
                    "userspace mode, " + family() + ": new connections cannot be made to wait: " + e.getMessage(), e);
        }
    }

    /** Stops listening; the rules stay, so that new connections are refused at once until a next process takes over. */
    @Override
    public void close() {
        rules = null;
        engine.stopListening(family());
        PendingChange change = new PendingChange();
        book.names().forEach(name -> {
            ServiceState state = book.state(name);
            if (state != null) {
                book.update(name, null, state.live().resolved().service().clusterIp(), change);
            }
        });
        change.finish();
        book = newBook();
    }
}
