// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.leftovers;

import dev.sluice.core.kernel.HostException;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncException;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.host.Host;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code --cleanup --wait-for-kube-proxy}: removes what Sluice has left and the kube-proxy that serves the node now
 * does not use. What both have by name has kube-proxy's content already, and stays.
 */
public final class HandBackCommand {
    private static final Logger LOG = LoggerFactory.getLogger(HandBackCommand.class);

    private final List<ProxyModule> modules;
    private final Host host;

    /** @param modules of every mode, with default options */
    public HandBackCommand(List<ProxyModule> modules, Host host) {
        this.modules = List.copyOf(modules);
        this.host = host;
    }

    /**
     * Removes it in both families.
     *
     * @param mode of kube-proxy, whose rules are in force
     * @return exit code 0 when nothing is left, 1 when something could not be removed
     */
    public int run(String mode) throws ConfigException {
        requireTools();
        Optional<ProxyModule> same = modules.stream()
                .filter(module -> module.mode().flagValue().equals(mode))
                .findFirst();
        // a mode that shares nothing with any of ours
        boolean removed = same.isPresent() || new CleanUpCommand(modules).removeModes() == 0;
        boolean all = removed;
        for (IpFamily family : IpFamily.values()) {
            try {
                if (same.isPresent()) {
                    remove(same.get(), family);
                    if (!mode.equals(KubeProxyNftables.MODE)) {
                        KubeProxyNftables.remove(family);
                    }
                }
                removeFlows(family);
                if (removed) {
                    LOG.atInfo().addKeyValue("family", family).log("handed back to kube-proxy, mode {}", mode);
                }
            } catch (KernelException | SyncException e) {
                all = false;
                LOG.atError()
                        .addKeyValue("family", family)
                        .addKeyValue("cause", e.getMessage())
                        .log("kube-proxy serves the node, but not all of Sluice is removed");
            }
        }
        return all ? 0 : 1;
    }

    /** Rules that cannot be read would count as removed. */
    private void requireTools() throws ConfigException {
        try {
            host.requireIptables();
        } catch (HostException e) {
            throw new ConfigException(List.of(e.getMessage()));
        }
    }

    private void remove(ProxyModule same, IpFamily family) throws KernelException, SyncException {
        if (host.iptablesProblem(family).isEmpty()) {
            ChainRemoval.remove(
                    host.iptables(family),
                    chain -> isUnused(chain, same),
                    (chain, rule) -> isUnused(chain, rule, same));
        }
        for (ProxyModule module : modules) {
            if (module.equals(same)) {
                module.removeUnshared(family);
            } else {
                module.removeLeftovers(family);
            }
        }
    }

    private boolean isUnused(KernelObject chain, ProxyModule same) {
        return modules.stream().anyMatch(module -> module.ownsChain(chain)) && !same.sharesChain(chain);
    }

    /** kube-proxy's modes jump to chains of one name with different conditions and comments. */
    private boolean isUnused(KernelObject chain, String rule, ProxyModule same) {
        return modules.stream().anyMatch(module -> module.ownsJump(chain, rule)) && !same.ownsJump(chain, rule);
    }

    private void removeFlows(IpFamily family) throws KernelException {
        int flows = DeadFlows.remove(host, family);
        if (flows > 0) {
            LOG.atInfo()
                    .addKeyValue("family", family)
                    .log("deleted {} UDP conntrack entries that led to sockets of this node", flows);
        }
    }
}
