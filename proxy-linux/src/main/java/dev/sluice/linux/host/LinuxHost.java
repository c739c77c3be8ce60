// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.host;

import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.conntrack.Conntrack;
import dev.sluice.linux.conntrack.NetlinkConntrack;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.NetlinkIpSets;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.iptables.RecentList;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.NetlinkIpvs;
import dev.sluice.linux.nfacct.NamedCounters;
import dev.sluice.linux.nfacct.NetlinkCounters;
import dev.sluice.linux.nftables.NetlinkNftables;
import dev.sluice.linux.nftables.NftTableWatching;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.process.Modprobe;
import dev.sluice.linux.process.SystemCommands;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.linux.route.LinkMonitor;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.NetlinkLinks;
import dev.sluice.linux.route.NetlinkPolicyRoutes;
import dev.sluice.linux.route.PolicyRoutes;
import dev.sluice.linux.rulewatch.AnchoredTableWatch;
import dev.sluice.linux.rulewatch.Interest;
import dev.sluice.linux.rulewatch.OwnRestores;
import dev.sluice.linux.rulewatch.RuleWatching;
import dev.sluice.linux.sysctl.BootClock;
import dev.sluice.linux.sysctl.ProcSysctl;
import dev.sluice.linux.sysctl.Sysctl;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The host that this process runs on. */
public final class LinuxHost implements Host {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxHost.class);

    private static final Duration LAST_RULES = Duration.ofSeconds(5);

    private final Sysctl sysctl = new ProcSysctl();
    private final OwnRestores restores = new OwnRestores();
    private final SystemCommands commands = new SystemCommands(restores);
    private final Modprobe modprobe = new Modprobe(commands);
    private final List<Consumer<IpFamily>> refusals = new CopyOnWriteArrayList<>();
    private @Nullable IptablesTools tools;
    private @Nullable FirstReading reading;

    /** Notifies {@code listener} of each restore that the tools refuse from now on. */
    public void onRefusedRestore(Consumer<IpFamily> listener) {
        refusals.add(listener);
    }

    /** Kills the tools that run, and starts none from now on: what needs one fails at once. */
    public void stopTools() {
        commands.stop();
    }

    /** Lets tools run again after {@link #stopTools}, for a few seconds each: for the last rules of a process. */
    public void resumeTools() {
        commands.resume(LAST_RULES);
    }

    @Override
    public Sysctl sysctl() {
        return sysctl;
    }

    @Override
    public long bootNanos() {
        return BootClock.nanos();
    }

    private synchronized IptablesTools tools() throws KernelException {
        IptablesTools found = tools;
        if (found == null) {
            FirstReading begun = new FirstReading(restores);
            reading = begun;
            try {
                found = IptablesTools.discover(commands, Optional.empty(), begun::keep);
            } finally {
                begun.complete();
            }
            LOG.atInfo()
                    .addKeyValue("version", found.version())
                    .addKeyValue("variant", found.variant())
                    .log("iptables {}, {} variant", found.version(), found.variant());
            tools = found;
        }
        return found;
    }

    @Override
    public Iptables iptables(IpFamily family) throws KernelException {
        Iptables opened =
                new CountedRestores(tools().open(family), refused -> refusals.forEach(r -> r.accept(refused)));
        return new ToolsWithGeneration(reading(opened));
    }

    private synchronized Iptables reading(Iptables opened) {
        return reading == null ? opened : reading.before(opened);
    }

    @Override
    public void requireIptables() throws HostException {
        try {
            tools();
        } catch (KernelException e) {
            throw new HostException(e);
        }
    }

    @Override
    public Optional<String> iptablesProblem(IpFamily family) {
        try {
            IptablesTools.Support support = tools().supported(family);
            return support.available() ? Optional.empty() : Optional.of(support.reason());
        } catch (KernelException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public List<IpAddress> recentSources(String list) {
        return RecentList.read(list);
    }

    @Override
    public OwnRestores restores() {
        return restores;
    }

    @Override
    public ForeignWatch.Opener watchRules(Interest interest) throws HostException {
        try {
            return RuleWatching.start(tools().variant(), restores, interest);
        } catch (KernelException e) {
            throw new HostException(e);
        }
    }

    @Override
    public Links openLinks() throws KernelException {
        return NetlinkLinks.open();
    }

    @Override
    public PolicyRoutes openPolicyRoutes() throws KernelException {
        return NetlinkPolicyRoutes.open();
    }

    @Override
    public LinkWatch watchLinks(Consumer<LinkChange> changed) throws KernelException {
        LinkMonitor monitor = LinkMonitor.open(changed);
        return monitor::close;
    }

    @Override
    public IpSets openIpSets() throws KernelException {
        return NetlinkIpSets.open();
    }

    @Override
    public Ipvs openIpvs() throws KernelException {
        return NetlinkIpvs.open();
    }

    @Override
    public Nftables openNftables() throws KernelException {
        return NetlinkNftables.open();
    }

    @Override
    public ForeignWatch.Opener watchNftables(String table, List<Nftables> own) {
        return AnchoredTableWatch.of(new NftTableWatching(
                table,
                own.stream()
                        .filter(NetlinkNftables.class::isInstance)
                        .map(NetlinkNftables.class::cast)
                        .toList()));
    }

    @Override
    public NamedCounters openCounters() throws KernelException {
        return NetlinkCounters.open();
    }

    @Override
    public Conntrack openConntrack() throws KernelException {
        return NetlinkConntrack.open();
    }

    @Override
    public boolean hasKernelModule(String name) {
        return modprobe.isLoaded(name);
    }

    @Override
    public String loadKernelModule(String name) {
        return modprobe.load(name);
    }
}
