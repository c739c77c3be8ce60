// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.mode;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.traffic.TrafficCounters;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Everything that the daemon knows of a mode. The module knows its options and the host, and assembles the mode on it.
 *
 * <p>The daemon makes one module for each mode, asks all of them for their configuration and what they own, and opens
 * one: {@link #configured}, {@link #requireHost}, {@link #problem}, {@link #open}, {@link #prepare}, {@link #watches},
 * syncs of the backends, {@link #drain}, {@link #close}. Making a module touches nothing of the host.
 */
public interface ProxyModule extends AutoCloseable {

    ProxyMode mode();

    /** The fields and flags that this mode reads. */
    ModeConfig config();

    /**
     * This mode with the options in {@code values}, which get a reason for each invalid one; the defaults hold without.
     */
    ProxyModule configured(ConfigReader values);

    /**
     * Checks what the mode needs of the host in any family.
     *
     * @throws HostException naming what to install or load
     */
    void requireHost() throws HostException;

    /** Why the mode cannot serve {@code family} on this host; empty when it can. */
    Optional<String> problem(IpFamily family);

    /** What of this mode's options does not fit the families that this node serves, each with what to do. */
    default List<String> warnings(Set<IpFamily> served) {
        return List.of();
    }

    /**
     * Opens a backend for each of {@code configs}, in their order. Called once.
     *
     * @return backends that the caller closes
     * @throws HostException when the kernel lacks what the mode needs
     */
    List<ProxyBackend> open(List<BackendConfig> configs) throws HostException;

    /**
     * Sets what the mode needs of the kernel before its first sync.
     *
     * @throws HostException when the kernel cannot do it
     */
    default void prepare() throws HostException {}

    /**
     * {@code --init-only}: besides {@link #prepare}, sets what a first sync would set once its rules are in force.
     *
     * @throws HostException when the kernel cannot do it
     */
    default void initOnly() throws HostException {}

    /** What connection tracking remembers of this mode's traffic in a family that is open. */
    ConntrackPolicy conntrack(IpFamily family);

    /** The links whose addresses this mode binds for Services; they do not count as addresses of the node. */
    default Set<String> serviceLinks() {
        return Set.of();
    }

    /** Whether node ports are served on the node's primary addresses alone where the configuration names none. */
    default boolean servesPrimaryNodePorts() {
        return false;
    }

    /** Whether this mode makes Services' addresses local, so that none of another host's may be among them. */
    default boolean bindsAddresses() {
        return !serviceLinks().isEmpty();
    }

    /** Whether this mode uses the ranges of cluster addresses, so that ServiceCIDRs are watched. */
    default boolean usesServiceRanges() {
        return false;
    }

    /**
     * Notices changes by others to the open backends' objects. Called once, before the first sync; the caller closes
     * it.
     */
    ForeignWatch.Opener watches() throws HostException;

    /** The traffic of Services; empty in a mode that does not count it. */
    default Optional<TrafficCounters> traffic() {
        return Optional.empty();
    }

    /** Whether kube-proxy's metrics distinguish full from partial syncs in this mode. */
    default boolean tellsFullFromPartial() {
        return true;
    }

    /** The metrics that only this mode has, once it is open. */
    default List<ModeMetric> metrics() {
        return List.of();
    }

    /**
     * Takes what the mode reports of Services from now on; called once it is open. {@code notices} may be called on any
     * thread and does not block.
     */
    default void reportTo(Consumer<ServiceNotice> notices) {}

    /** How a running process hands over to the next one; empty where the kernel carries the traffic. */
    default Optional<Handover> handover() {
        return Optional.empty();
    }

    /**
     * Lets open connections end, and new ones wait for the next process, as long as the options allow. No sync runs any
     * more.
     */
    default void drain() {}

    /**
     * Whether this mode makes that chain of iptables rules; the names alone decide. Built-in chains belong to no mode.
     */
    default boolean ownsChain(KernelObject chain) {
        return false;
    }

    /**
     * Removes what this mode has left in {@code family} beside iptables chains, while another mode is in use.
     *
     * @return whether there was anything
     */
    boolean removeLeftovers(IpFamily family) throws SyncException;

    /**
     * Whether kube-proxy's mode of the same name has a chain of that name too; the names alone decide. Only a chain
     * that this mode owns can be one.
     */
    default boolean sharesChain(KernelObject chain) {
        return false;
    }

    /**
     * Whether this mode writes {@code rule} into that built-in chain. Its target may have the name of a chain of
     * another mode, so that it does not go with the chain.
     *
     * @param rule without its chain, as iptables-save prints it
     */
    default boolean ownsJump(KernelObject chain, String rule) {
        return false;
    }

    /**
     * Removes what this mode has left in {@code family} beside iptables chains and kube-proxy's mode of the same name,
     * which is in use, does not have.
     *
     * @return whether there was anything
     */
    default boolean removeUnshared(IpFamily family) throws SyncException {
        return false;
    }

    /** {@code --cleanup}: why nothing of this mode can be on the host; empty when there may be something. */
    default Optional<String> cannotHaveRun() {
        return Optional.empty();
    }

    /** Releases what the module opened; what is in force in the kernel stays. Closes no backend. */
    @Override
    void close();
}
