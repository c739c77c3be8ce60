// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.config.IpvsOptions;
import dev.sluice.ipvs.kernel.KernelHandles;
import dev.sluice.ipvs.traffic.IpvsTrafficCounters;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.testkit.fake.FakeIpSets;
import dev.sluice.testkit.fake.FakeIptables;
import dev.sluice.testkit.fake.FakeIpvs;
import dev.sluice.testkit.fake.FakeLinks;
import dev.sluice.testkit.fake.FakeSysctl;
import dev.sluice.testkit.model.EditableSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A node of fakes with the backend of one family on it: 192.168.7.10 or fd00:7::10 on eth0, and a bridge for Pods. */
public final class TestNode {
    public final IpFamily family;
    public final FakeIpvs ipvs = new FakeIpvs();
    public final FakeLinks links = new FakeLinks();
    public final FakeIptables iptables;
    public final FakeIpSets sets;
    public final FakeSysctl sysctl = new FakeSysctl()
            .with("kernel.osrelease", "6.1.0-18-amd64")
            .with("net.ipv4.vs.conntrack", "0")
            .with("net.ipv4.vs.conn_reuse_mode", "1")
            .with("net.ipv4.vs.expire_nodest_conn", "0")
            .with("net.ipv4.vs.expire_quiescent_template", "0")
            .with("net.ipv4.ip_forward", "0")
            .with("net.ipv4.conf.all.arp_ignore", "0")
            .with("net.ipv4.conf.all.arp_announce", "0");
    public final EditableSnapshot snapshot;
    private long nanos;
    private IpvsConfig config;
    private IpvsBackend backend;

    public TestNode(IpFamily family) {
        this(IpvsConfig.defaults(family));
    }

    public TestNode(IpvsConfig config) {
        this.config = config;
        family = config.family();
        iptables = new FakeIptables(family);
        sets = new FakeIpSets(this::referenced);
        iptables.withSets(name -> sets.names().contains(name));
        links.device("eth0", "").device("cni0", "bridge");
        links.address("eth0", "192.168.7.10", 24).address("eth0", "fd00:7::10", 64);
        links.address("eth0", "fe80::7", 64);
        links.address("cni0", "10.244.0.1", 24);
        snapshot = new EditableSnapshot(family).node(facts(family));
        backend = newBackend();
    }

    private static NodeFacts facts(IpFamily family) {
        String address = family == IpFamily.IPV4 ? "192.168.7.10" : "fd00:7::10";
        return new NodeFacts("node", "", List.of(IpAddress.of(address)), List.of());
    }

    public static TestNode withScheduler(String scheduler) {
        IpvsConfig base = IpvsConfig.defaults(IpFamily.IPV4);
        IpvsOptions options = new IpvsOptions(
                scheduler,
                List.of(),
                false,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                IpvsOptions.DEFAULT.masquerade());
        return new TestNode(withOptions(base, options));
    }

    public static IpvsConfig withOptions(IpvsConfig base, IpvsOptions options) {
        return new IpvsConfig(base.common(), options);
    }

    private boolean referenced(String set) {
        return List.of("nat", "filter", "mangle").stream()
                .anyMatch(table -> iptables.inForce(table).chains().stream()
                        .flatMap(chain -> iptables.rules(table, chain).stream())
                        .anyMatch(rule -> rule.contains("--match-set " + set + " ")));
    }

    private IpvsBackend newBackend() {
        return new IpvsBackend(config, new KernelHandles(ipvs, sets, links, iptables, sysctl), () -> nanos);
    }

    public ProxyBackend backend() {
        return backend;
    }

    public void prepare() throws SyncException {
        backend.prepare();
    }

    public Optional<Duration> nextOwnStep() {
        return backend.nextOwnStep();
    }

    public boolean isConcernedBy(LinkChange change) {
        return backend.isConcernedBy(change);
    }

    public boolean removeAllButRules() throws SyncException {
        return backend.removeAllButRules();
    }

    public IpvsTrafficCounters counters() {
        return new IpvsTrafficCounters(ipvs, List.of(backend));
    }

    /** The process dies and starts again; the kernel keeps what it has. */
    public void restart() {
        restart(config);
    }

    public void restart(IpvsConfig with) {
        config = with;
        backend = newBackend();
    }

    public void pass(Duration time) {
        nanos += time.toNanos();
    }

    public TestNode put(ResolvedPort port) {
        snapshot.put(port);
        return this;
    }

    public SyncReport fullSync() throws SyncException {
        snapshot.changes();
        return backend.sync(snapshot, Changes.all());
    }

    /** Syncs what was put or removed since the last sync. */
    public SyncReport sync() throws SyncException {
        return backend.sync(snapshot, snapshot.changes());
    }

    public void resetCounters() {
        ipvs.resetCounters();
        sets.resetCounters();
        links.resetCounters();
        iptables.resetCounts();
    }

    public String ipvsadm() {
        try {
            return KernelText.ipvsadm(ipvs);
        } catch (NetlinkException e) {
            throw new AssertionError(e);
        }
    }

    /** Everything that an operator could list. */
    public String dump() {
        StringBuilder text = new StringBuilder(ipvsadm());
        text.append(sets.names().stream().sorted().toList()).append('\n');
        text.append(KernelText.ipset(sets));
        for (String link : links.devices()) {
            text.append(link).append(' ').append(links.on(link)).append('\n');
        }
        for (String table : List.of("nat", "filter", "mangle")) {
            for (String chain : iptables.inForce(table).chains()) {
                text.append(table + " " + chain + " " + iptables.rules(table, chain) + "\n");
            }
        }
        return text.toString();
    }

    Set<String> addresses() {
        return links.on("kube-ipvs0");
    }
}
