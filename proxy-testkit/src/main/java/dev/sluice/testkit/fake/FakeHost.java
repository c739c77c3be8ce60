// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.host.Host;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.nftables.Words;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.linux.rulewatch.Interest;
import dev.sluice.linux.rulewatch.OwnRestores;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A host whose kernel is in memory. There is one of each table, shared by everything that is opened. */
public final class FakeHost implements Host {
    private static final List<String> SWITCHED_OFF = List.of(
            "net.ipv4.conf.all.route_localnet",
            "net.ipv4.conf.all.arp_ignore",
            "net.ipv4.conf.all.arp_announce",
            "net.ipv4.vs.conntrack",
            "net.ipv4.vs.conn_reuse_mode",
            "net.ipv4.vs.expire_nodest_conn",
            "net.ipv4.vs.expire_quiescent_template");

    private final Map<IpFamily, FakeIptables> iptables = new EnumMap<>(IpFamily.class);
    private final FakeCounters counters = new FakeCounters();
    private final FakeIpSets sets = new FakeIpSets(this::isReferenced);
    private final FakeIpvs ipvs = new FakeIpvs();
    private final FakeNftables nftables = new FakeNftables();
    private final FakeLinks links = new FakeLinks();
    private final FakePolicyRoutes routes = new FakePolicyRoutes();
    private final FakeSysctl sysctl = new FakeSysctl();
    private final FakeConntrack conntrack = new FakeConntrack();
    private final OwnRestores restores = new OwnRestores();
    private final Set<String> kernelModules = new HashSet<>();
    private final Set<String> requests = new TreeSet<>();
    private final List<FakeWatch> ruleWatches = new CopyOnWriteArrayList<>();
    private final List<Consumer<LinkChange>> linkWatches = new CopyOnWriteArrayList<>();
    private boolean withoutTools;
    private long bootNanos = Duration.ofHours(1).toNanos();

    public FakeHost() {
        for (IpFamily family : IpFamily.values()) {
            iptables.put(
                    family,
                    new FakeIptables(family)
                            .withSets(name -> sets.names().contains(name))
                            .withCounters(counters));
        }
    }

    /** Removes the iptables tools. */
    public FakeHost withoutIptables() {
        withoutTools = true;
        return this;
    }

    /** A host with one link besides loopback, {@code eth0}, and the kernel parameters that modes read or set. */
    public static FakeHost withNode(IpAddress... addresses) {
        FakeHost host = new FakeHost();
        host.links.device("eth0", "");
        for (IpAddress address : addresses) {
            host.links.address("eth0", address.toString(), address.family() == IpFamily.IPV4 ? 24 : 64);
        }
        host.sysctl.with("kernel.osrelease", "6.12.0-test").with("net.ipv4.ip_forward", "1");
        for (String name : SWITCHED_OFF) {
            host.sysctl.with(name, "0");
        }
        return host;
    }

    /** Moves the clock. */
    public void pass(Duration time) {
        bootNanos += time.toNanos();
    }

    @Override
    public long bootNanos() {
        return bootNanos;
    }

    /** Makes every tool and socket fail, or work again. */
    public void breakDown(boolean on) {
        NetlinkException error = on ? new NetlinkException("netlink", Errno.ENOBUFS, "") : null;
        iptables.values().forEach(tools -> tools.breakDown(on));
        sets.breakWith(error);
        ipvs.breakWith(error);
        nftables.breakWith(error);
        links.breakWith(error);
    }

    /** Makes the kernel refuse exactly the requests that name one of {@code addresses}. */
    public void refuse(IpAddress... addresses) {
        List<IpAddress> refused = List.of(addresses);
        iptables.values()
                .forEach(tools -> tools.refuse(rule -> refused.stream().anyMatch(a -> rule.contains(" " + a + "/"))));
        sets.refuse(change -> refused.stream()
                .anyMatch(a ->
                        List.of(change.entry().toString().split("[,/]", -1)).contains(a.toString())));
        ipvs.refuse(command -> refused.contains(command.virtualServer().address()) ? Errno.EINVAL : 0);
        nftables.refuseElements(element -> refused.stream().anyMatch(address -> names(element.key(), address.bytes())));
        links.refuse(refused::contains);
    }

    /** Whether a field of {@code key} is {@code address}. */
    private static boolean names(Words key, byte[] address) {
        for (int at = 0; at + address.length <= key.length(); at += Integer.BYTES) {
            if (key.part(at, at + address.length).equals(Words.of(address))) {
                return true;
            }
        }
        return false;
    }

    /** The number of writes since {@link #resetCounters}: restores, and commands of the other interfaces. */
    public long writes() {
        return iptables.values().stream().mapToLong(FakeIptables::restores).sum()
                + sets.log().size()
                + ipvs.messages()
                + nftables.commits().size()
                + links.messages();
    }

    public void resetCounters() {
        iptables.values().forEach(FakeIptables::resetCounts);
        sets.resetCounters();
        ipvs.resetCounters();
        nftables.resetCounters();
        links.resetCounters();
    }

    private boolean isReferenced(String set) {
        return iptables.values().stream()
                .anyMatch(tools -> List.of("nat", "filter", "mangle").stream()
                        .anyMatch(table -> tools.inForce(table).chains().stream()
                                .flatMap(chain -> tools.rules(table, chain).stream())
                                .anyMatch(rule -> rule.contains("-set " + set + " "))));
    }

    /** The names of the interfaces that were requested from this host so far. */
    public Set<String> requests() {
        return Set.copyOf(requests);
    }

    @Override
    public FakeSysctl sysctl() {
        return sysctl;
    }

    private void needTools() throws KernelException {
        requests.add("iptables");
        if (withoutTools) {
            throw new KernelException("iptables is not installed");
        }
    }

    @Override
    public FakeIptables iptables(IpFamily family) throws KernelException {
        needTools();
        return tools(family);
    }

    /** The tools that {@link #iptables} gives to a mode, whether they are installed or not. */
    public FakeIptables tools(IpFamily family) {
        return Objects.requireNonNull(iptables.get(family));
    }

    @Override
    public void requireIptables() throws HostException {
        try {
            needTools();
        } catch (KernelException e) {
            throw new HostException(e);
        }
    }

    @Override
    public Optional<String> iptablesProblem(IpFamily family) {
        requests.add("iptables");
        return withoutTools ? Optional.of("iptables is not installed") : Optional.empty();
    }

    @Override
    public List<IpAddress> recentSources(String list) {
        return List.of();
    }

    @Override
    public OwnRestores restores() {
        return restores;
    }

    @Override
    public ForeignWatch.Opener watchRules(Interest interest) throws HostException {
        requireIptables();
        return new FakeWatch(
                change -> change.objects().stream().anyMatch(object -> interest.watches(change.family(), object)),
                ruleWatches);
    }

    /** Changes an object as another program would and notifies its watcher. Returns whether there is one. */
    public boolean change(IpFamily family, KernelObject object) {
        ForeignChange change = new ForeignChange(family, "test (pid 1)", false, Set.of(object));
        return ruleWatches.stream().filter(watch -> watch.notice(change)).count() > 0;
    }

    /** Announces a change of a link or an address, as the kernel does. */
    public void announce(LinkChange change) {
        linkWatches.forEach(watch -> watch.accept(change));
    }

    @Override
    public FakeLinks openLinks() {
        requests.add("links");
        return links;
    }

    @Override
    public FakePolicyRoutes openPolicyRoutes() {
        return routes;
    }

    @Override
    public LinkWatch watchLinks(Consumer<LinkChange> changed) {
        linkWatches.add(changed);
        return () -> linkWatches.remove(changed);
    }

    @Override
    public FakeIpSets openIpSets() {
        requests.add("ipset");
        return sets;
    }

    @Override
    public FakeIpvs openIpvs() {
        requests.add("ipvs");
        return ipvs;
    }

    /** This host's kernel has no nf_tables. */
    @Override
    public FakeNftables openNftables() {
        requests.add("nftables");
        return nftables;
    }

    /** What {@link #openNftables} gives to a mode. */
    public FakeNftables nftables() {
        return nftables;
    }

    @Override
    public ForeignWatch.Opener watchNftables(String table, List<Nftables> own) {
        return nftables.watch(table);
    }

    @Override
    public FakeCounters openCounters() {
        requests.add("nfacct");
        return counters;
    }

    @Override
    public FakeConntrack openConntrack() {
        requests.add("conntrack");
        return conntrack;
    }

    @Override
    public boolean hasKernelModule(String name) {
        return kernelModules.contains(name);
    }

    @Override
    public String loadKernelModule(String name) {
        kernelModules.add(name);
        return "module " + name + " is loaded";
    }
}
