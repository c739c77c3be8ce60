// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncException;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.config.IpvsOptions;
import dev.sluice.ipvs.kernel.KernelHandles;
import dev.sluice.ipvs.traffic.IpvsTrafficCounters;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.testkit.contract.BackendOnHost;
import dev.sluice.testkit.fake.FakeHost;
import dev.sluice.testkit.fake.FakeIpSets;
import dev.sluice.testkit.fake.FakeIptables;
import dev.sluice.testkit.fake.FakeIpvs;
import dev.sluice.testkit.fake.FakeLinks;
import dev.sluice.testkit.fake.FakeSysctl;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * ipvs mode on a host of fakes, with what is special about it at hand: 192.168.7.10 and fd00:7::10 on eth0, and a
 * bridge for Pods.
 */
public final class TestNode extends BackendOnHost<ProxyBackend> {
    private static final IpAddress V4 = IpAddress.of("192.168.7.10");
    private static final IpAddress V6 = IpAddress.of("fd00:7::10");

    public final FakeIpvs ipvs = host.openIpvs();
    public final FakeLinks links = host.openLinks()
            .address("eth0", "fe80::7", 64)
            .device("cni0", "bridge")
            .address("cni0", "10.244.0.1", 24);
    public final FakeIptables iptables = host.tools(family);
    public final FakeIpSets sets = host.openIpSets();
    public final FakeSysctl sysctl = host.sysctl()
            .with("kernel.osrelease", "6.1.0-18-amd64")
            .with("net.ipv4.vs.conn_reuse_mode", "1")
            .with("net.ipv4.ip_forward", "0");
    private IpvsConfig config;

    public TestNode(IpFamily family) {
        this(IpvsConfig.defaults(family));
    }

    public TestNode(IpvsConfig config) {
        super(FakeHost.withNode(V4, V6), config.family(), config.family() == IpFamily.IPV4 ? V4 : V6);
        this.config = config;
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

    @Override
    protected ProxyBackend start() {
        return new IpvsBackend(config, new KernelHandles(ipvs, sets, links, iptables, sysctl), host::bootNanos);
    }

    private IpvsBackend running() {
        return (IpvsBackend) backend();
    }

    public void prepare() throws SyncException {
        running().prepare();
    }

    public Optional<Duration> nextOwnStep() {
        return running().nextOwnStep();
    }

    public boolean isConcernedBy(LinkChange change) {
        return running().isConcernedBy(change);
    }

    public boolean removeAllButRules() throws SyncException {
        return running().removeAllButRules();
    }

    public IpvsTrafficCounters counters() {
        return new IpvsTrafficCounters(ipvs, List.of(running()));
    }

    /** Ends the process and starts one with another configuration. */
    public void restart(IpvsConfig with) {
        config = with;
        restart();
    }

    public void pass(Duration time) {
        host.pass(time);
    }

    @Override
    public TestNode put(ResolvedPort port) {
        super.put(port);
        return this;
    }

    public void resetCounters() {
        host.resetCounters();
    }

    public String ipvsadm() {
        try {
            return KernelText.ipvsadm(ipvs);
        } catch (NetlinkException e) {
            throw new AssertionError(e);
        }
    }

    Set<String> addresses() {
        return links.on("kube-ipvs0");
    }
}
