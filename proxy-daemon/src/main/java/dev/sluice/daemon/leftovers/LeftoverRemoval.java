// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.leftovers;

import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncException;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.host.Host;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes leftovers of proxies in other modes from the kernel, kube-proxy's and Sluice's alike. */
public final class LeftoverRemoval {
    private static final Logger LOG = LoggerFactory.getLogger(LeftoverRemoval.class);

    private final ProxyModule inUse;
    private final List<ProxyModule> others;
    private final Host host;

    /** @param modules of every mode */
    public LeftoverRemoval(ProxyModule inUse, List<ProxyModule> modules, Host host) {
        this.inUse = inUse;
        this.others =
                modules.stream().filter(other -> other.mode() != inUse.mode()).toList();
        this.host = host;
    }

    /**
     * Removes the leftovers in {@code family}; call it when the rules of the mode in use are in force. Best effort: a
     * failure is logged, and the next start tries again.
     */
    public void remove(IpFamily family) {
        try {
            boolean any = host.iptablesProblem(family).isEmpty() && removeChains(family);
            any |= KubeProxyNftables.remove(family);
            for (ProxyModule other : others) {
                any |= other.removeLeftovers(family);
            }
            if (any) {
                LOG.atInfo().addKeyValue("family", family).log("removed what a proxy in another mode had left");
            }
        } catch (KernelException | SyncException e) {
            LOG.atWarn()
                    .addKeyValue("family", family)
                    .addKeyValue("cause", e.getMessage())
                    .log("cannot remove what a proxy in another mode has left");
        }
    }

    private boolean removeChains(IpFamily family) throws KernelException {
        return ChainRemoval.remove(
                        host.iptables(family),
                        chain -> !inUse.ownsChain(chain) && others.stream().anyMatch(other -> other.ownsChain(chain)))
                > 0;
    }
}
