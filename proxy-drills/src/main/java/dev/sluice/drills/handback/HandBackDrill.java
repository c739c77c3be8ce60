// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.handback;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.TemporaryFolder;
import dev.sluice.testkit.upstream.KubeProxyStandIn;
import java.io.IOException;
import java.util.Locale;

/**
 * Takes a node under traffic from kube-proxy to Sluice and back, with and without {@code --take-over}, and counts in
 * each phase what was lost. Arguments: Sluice's mode and kube-proxy's. Exits with 1 when anything was lost that the
 * modes could have kept: userspace mode carries its open connections itself, and they end with it.
 */
public final class HandBackDrill {
    private HandBackDrill() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            System.err.println("usage: drill handback iptables|ipvs|userspace|nftables iptables|ipvs|nftables");
            System.exit(2);
        }
        ProxyMode mode = ProxyMode.valueOf(arguments[0].toUpperCase(Locale.ROOT));
        KubeProxyStandIn.Mode upstream = KubeProxyStandIn.Mode.valueOf(arguments[1].toUpperCase(Locale.ROOT));
        long[] lost = new long[1];
        long[] avoidable = new long[1];
        for (boolean takeOver : new boolean[] {false, true}) {
            System.out.printf(
                    Locale.ROOT,
                    "%nkube-proxy, mode %s, to Sluice, mode %s,%s and back%n%s%n",
                    upstream.text(),
                    mode.flagValue(),
                    takeOver ? " by --take-over," : "",
                    PhaseCounts.HEADER);
            try (TemporaryFolder folder = new TemporaryFolder("sluice-handback");
                    Lab lab = Lab.create();
                    HandBackRun run = new HandBackRun(lab, mode, upstream, folder.path(), counts -> {
                        System.out.println(counts.row());
                        counts.mishaps().forEach(mishap -> System.out.println("    " + mishap));
                        lost[0] += counts.lost();
                        avoidable[0] += avoidable(mode, upstream, counts);
                    })) {
                run.run(takeOver, !takeOver || mode != ProxyMode.USERSPACE);
            }
        }
        System.out.printf("%nLost in all: %d, %d of it although the mode could keep it%n", lost[0], avoidable[0]);
        System.exit(avoidable[0] == 0 ? 0 : 1);
    }

    /**
     * Open connections of IPVS and of the userspace proxy end with them, and so do the latter's UDP sockets.
     * kube-proxy's ipvs mode deletes a UDP real server at once, with what is on its way.
     */
    private static long avoidable(ProxyMode mode, KubeProxyStandIn.Mode upstream, PhaseCounts counts) {
        boolean losesDatagrams = mode == ProxyMode.USERSPACE || upstream == KubeProxyStandIn.Mode.IPVS;
        return counts.failed()
                + (mode == ProxyMode.IPTABLES || mode == ProxyMode.NFTABLES ? counts.cut() : 0)
                + (losesDatagrams ? 0 : counts.lostDatagrams());
    }
}
