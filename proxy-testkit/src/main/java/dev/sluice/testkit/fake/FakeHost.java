package dev.sluice.testkit.fake;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.host.Host;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.linux.rulewatch.Interest;
import dev.sluice.linux.rulewatch.OwnRestores;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A host whose kernel is in memory: one of each table, which everything that is opened shares. */
public final class FakeHost implements Host {
    private final Map<IpFamily, FakeIptables> iptables = new EnumMap<>(IpFamily.class);
    private final FakeCounters counters = new FakeCounters();
    private final FakeIpSets sets = new FakeIpSets(this::isReferenced);
    private final FakeIpvs ipvs = new FakeIpvs();
    private final FakeLinks links = new FakeLinks();
    private final FakeSysctl sysctl = new FakeSysctl();
    private final FakeConntrack conntrack = new FakeConntrack();
    private final OwnRestores restores = new OwnRestores();
    private final Set<String> kernelModules = new HashSet<>();
    private final Set<String> asked = new TreeSet<>();
    private final List<RuleWatching> ruleWatches = new CopyOnWriteArrayList<>();
    private final List<Consumer<LinkChange>> linkWatches = new CopyOnWriteArrayList<>();
    private boolean withoutTools;

    public FakeHost() {
        for (IpFamily family : IpFamily.values()) {
            iptables.put(
                    family,
                    new FakeIptables(family)
                            .withSets(name -> sets.names().contains(name))
                            .withCounters(counters));
        }
    }

    /** From now on no iptables tools are installed. */
    public FakeHost withoutIptables() {
        withoutTools = true;
        return this;
    }

    public FakeHost withKernelModule(String name) {
        kernelModules.add(name);
        return this;
    }

    private boolean isReferenced(String set) {
        return iptables.values().stream()
                .anyMatch(tools -> List.of("nat", "filter", "mangle").stream()
                        .anyMatch(table -> tools.inForce(table).chains().stream()
                                .flatMap(chain -> tools.rules(table, chain).stream())
                                .anyMatch(rule -> rule.contains("--match-set " + set + " "))));
    }

    /** What has been asked of this host so far, by name. */
    public Set<String> asked() {
        return Set.copyOf(asked);
    }

    @Override
    public FakeSysctl sysctl() {
        return sysctl;
    }

    private void needTools() throws KernelException {
        asked.add("iptables");
        if (withoutTools) {
            throw new KernelException("iptables is not installed");
        }
    }

    @Override
    public FakeIptables iptables(IpFamily family) throws KernelException {
        needTools();
        FakeIptables tools = iptables.get(family);
        if (tools == null) {
            throw new IllegalStateException("no " + family);
        }
        return tools;
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
        asked.add("iptables");
        return withoutTools ? Optional.of("iptables is not installed") : Optional.empty();
    }

    @Override
    public OwnRestores restores() {
        return restores;
    }

    @Override
    public ForeignWatch.Opener watchRules(Interest interest) throws HostException {
        requireIptables();
        return new RuleWatching(interest);
    }

    /** Another program changes an object; who watches it is notified. The answer is whether somebody does. */
    public boolean change(IpFamily family, KernelObject object) {
        ForeignChange change = new ForeignChange(family, "test (pid 1)", false, Set.of(object));
        return ruleWatches.stream()
                        .filter(watch -> watch.notice(change, object))
                        .count()
                > 0;
    }

    /** The kernel announces a change of a link or an address. */
    public void announce(LinkChange change) {
        linkWatches.forEach(watch -> watch.accept(change));
    }

    @Override
    public FakeLinks openLinks() {
        asked.add("links");
        return links;
    }

    @Override
    public LinkWatch watchLinks(Consumer<LinkChange> changed) {
        linkWatches.add(changed);
        return () -> linkWatches.remove(changed);
    }

    @Override
    public FakeIpSets openIpSets() {
        asked.add("ipset");
        return sets;
    }

    @Override
    public FakeIpvs openIpvs() {
        asked.add("ipvs");
        return ipvs;
    }

    @Override
    public FakeCounters openCounters() {
        asked.add("nfacct");
        return counters;
    }

    @Override
    public FakeConntrack openConntrack() {
        asked.add("conntrack");
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

    /** A watch that notices what a test says. */
    private final class RuleWatching implements ForeignWatch.Opener, ForeignWatch {
        private final Interest interest;
        private Consumer<ForeignChange> noticed = change -> {};

        private RuleWatching(Interest interest) {
            this.interest = interest;
        }

        @Override
        public ForeignWatch open(Consumer<ForeignChange> listener) {
            noticed = listener;
            ruleWatches.add(this);
            return this;
        }

        private boolean notice(ForeignChange change, KernelObject object) {
            boolean matters = interest.watches(change.family(), object);
            if (matters) {
                noticed.accept(change);
            }
            return matters;
        }

        @Override
        public String means() {
            return "a test";
        }

        @Override
        public void close() {
            ruleWatches.remove(this);
        }
    }
}
