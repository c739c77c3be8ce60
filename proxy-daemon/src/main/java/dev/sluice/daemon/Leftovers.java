package dev.sluice.daemon;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncException;
import dev.sluice.iptables.IptablesBackend;
import dev.sluice.ipvs.IpvsBackend;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.ipset.NetlinkIpSets;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.ipvs.NetlinkIpvs;
import dev.sluice.linux.route.NetlinkLinks;
import dev.sluice.linux.sysctl.Sysctl;
import dev.sluice.userspace.UserspaceBackend;
import java.nio.file.Files;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What proxies have left in the kernel: kube-proxy in its modes, and this one in others than the present. */
final class Leftovers {
    private static final Logger log = LoggerFactory.getLogger(Leftovers.class);

    private final ProxyMode mode;
    private final IptablesTools tools;
    private final Sysctl sysctl;

    Leftovers(ProxyMode mode, IptablesTools tools, Sysctl sysctl) {
        this.mode = mode;
        this.tools = tools;
        this.sysctl = sysctl;
    }

    /**
     * Takes away what proxies of other modes have left in {@code family}; call it with this mode's rules in force. Best effort:
     * what fails is logged, and a next start tries it again.
     */
    void removeOtherModes(IpFamily family) {
        try {
            int chains = OtherModes.removeChains(
                    tools.open(family),
                    owner(mode),
                    Arrays.stream(ProxyMode.values())
                            .filter(other -> other != mode)
                            .map(Leftovers::owner)
                            .toList());
            boolean nftables = OtherModes.removeNftables(family);
            boolean ipvs = mode != ProxyMode.IPVS && removeIpvs(family);
            boolean sets = mode != ProxyMode.USERSPACE && removeUserspaceSets(family);
            if (chains > 0 || nftables || ipvs || sets) {
                log.info("{}: what a proxy of another mode had left is removed", family);
            }
        } catch (KernelException | SyncException e) {
            log.warn("{}: what a proxy of another mode has left cannot be removed: {}", family, e.getMessage());
        }
    }

    /** Takes away what kube-proxy's mode nftables has left in {@code family}. */
    void removeNftables(IpFamily family) {
        try {
            if (OtherModes.removeNftables(family)) {
                log.info("mode nftables, {}: clean", family);
            }
        } catch (KernelException e) {
            log.warn("mode nftables, {}: {}", family, e.getMessage());
        }
    }

    private static OtherModes.ChainOwner owner(ProxyMode mode) {
        return switch (mode) {
            case IPTABLES -> IptablesBackend::owns;
            case IPVS -> IpvsBackend::owns;
            case USERSPACE -> UserspaceBackend::owns;
        };
    }

    private boolean removeIpvs(IpFamily family) throws KernelException, SyncException {
        if (!Files.isDirectory(CleanUp.IPVS_MODULE)) {
            return false;
        }
        try (IpvsBackend ipvs = new IpvsBackend(
                BackendConfig.defaults(family),
                NetlinkIpvs.open(),
                NetlinkIpSets.open(),
                NetlinkLinks.open(),
                tools.open(family),
                sysctl)) {
            return ipvs.removeBesideRules();
        }
    }

    private static boolean removeUserspaceSets(IpFamily family) throws KernelException {
        try (NetlinkIpSets sets = NetlinkIpSets.open()) {
            return UserspaceBackend.removeSets(sets, family);
        }
    }
}
