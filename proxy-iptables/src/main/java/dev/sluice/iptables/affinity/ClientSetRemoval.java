// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.affinity;

import dev.sluice.core.net.IpFamily;
import dev.sluice.iptables.render.ClientSetNames;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Destroys all sets that remember clients, when the rules that name them are gone; those of earlier processes too. */
public final class ClientSetRemoval {
    private static final Logger LOG = LoggerFactory.getLogger(ClientSetRemoval.class);

    /** nf_tables frees deleted rules a little later, and their sets are busy until then. */
    private static final Duration RELEASE_TIME = Duration.ofSeconds(5);

    private static final long PAUSE = Duration.ofMillis(5).toNanos();

    private ClientSetRemoval() {}

    /**
     * Removes the sets of {@code family}.
     *
     * @return whether there was any
     * @throws KernelException when sets cannot be read or destroyed; a host without IP sets has none to remove
     */
    public static boolean run(HostSets host, IpFamily family) throws KernelException {
        IpSets sets;
        try {
            sets = host.get();
        } catch (NetlinkException e) {
            if (e.unsupported()) {
                return false;
            }
            throw e;
        }
        Set<String> left = sets.names().stream()
                .filter(name -> ClientSetNames.isOurs(family, name))
                .collect(Collectors.toSet());
        boolean any = !left.isEmpty();
        long deadline = System.nanoTime() + RELEASE_TIME.toNanos();
        while (!left.isEmpty()) {
            for (String name : Set.copyOf(left)) {
                if (StaleSets.destroy(sets, name)) {
                    left.remove(name);
                }
            }
            if (left.isEmpty() || System.nanoTime() - deadline > 0) {
                break;
            }
            LockSupport.parkNanos(PAUSE);
        }
        if (!left.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("family", family)
                    .addKeyValue("sets", left)
                    .log("IP sets stay behind, because foreign rules refer to them");
        }
        return any;
    }
}
