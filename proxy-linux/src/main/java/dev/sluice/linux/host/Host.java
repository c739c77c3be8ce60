// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.host;

import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.conntrack.Conntrack;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.nfacct.NamedCounters;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.PolicyRoutes;
import dev.sluice.linux.rulewatch.Interest;
import dev.sluice.linux.rulewatch.OwnRestores;
import dev.sluice.linux.sysctl.Sysctl;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The kernel interfaces and tools of a host, in the network namespace of the calling thread. They are found and opened
 * on first use, so a host need not have what its mode does not use. The caller closes what a method opens.
 */
public interface Host {

    Sysctl sysctl();

    /** Nanoseconds since the host booted, as the kernel counts them (CLOCK_BOOTTIME). */
    long bootNanos();

    /**
     * The iptables tools of one family.
     *
     * @throws KernelException when this host has none, naming the package to install
     */
    Iptables iptables(IpFamily family) throws KernelException;

    /** @throws HostException when this host has no iptables tools, naming the package to install */
    void requireIptables() throws HostException;

    /** Why iptables rules of {@code family} cannot be written; empty when they can. */
    Optional<String> iptablesProblem(IpFamily family);

    /** The source addresses that rules with {@code -m recent} put on {@code list}; none when there is no such list. */
    List<IpAddress> recentSources(String list);

    /** The restores that the tools of {@link #iptables} make. */
    OwnRestores restores();

    /**
     * A watch of foreign changes of iptables rules.
     *
     * @param interest the chains to watch
     * @throws HostException when this host has no iptables tools
     */
    ForeignWatch.Opener watchRules(Interest interest) throws HostException;

    Links openLinks() throws KernelException;

    PolicyRoutes openPolicyRoutes() throws KernelException;

    /** Watches links and addresses; {@code changed} is called on the watch's own thread. */
    LinkWatch watchLinks(Consumer<LinkChange> changed) throws KernelException;

    IpSets openIpSets() throws KernelException;

    Ipvs openIpvs() throws KernelException;

    Nftables openNftables() throws KernelException;

    /**
     * A watch of foreign changes of nf_tables tables.
     *
     * @param table their name, in either family
     * @param own what {@link #openNftables} gave, whose commits do not count
     */
    ForeignWatch.Opener watchNftables(String table, List<Nftables> own);

    NamedCounters openCounters() throws KernelException;

    Conntrack openConntrack() throws KernelException;

    /** Whether the kernel has loaded the module {@code name}, e.g. {@code ip_vs}. */
    boolean hasKernelModule(String name);

    /** Loads the module unless it is there; returns what was done or why it failed, for the log. */
    String loadKernelModule(String name);

    /** A watch of links and addresses, until it is closed. */
    interface LinkWatch extends AutoCloseable {
        @Override
        void close();
    }
}
