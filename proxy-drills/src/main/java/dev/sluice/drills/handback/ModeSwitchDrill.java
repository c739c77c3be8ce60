// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.handback;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.TemporaryFolder;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Takes a node under traffic from one mode to the next, as kubelet does it: the process is stopped, and one in another
 * mode starts. Arguments: the modes in their order. Exits with 1 when anything was lost that the modes could have kept:
 * open connections end with the userspace proxy or with IPVS where one of these carries them, and so do datagrams on
 * their way.
 */
public final class ModeSwitchDrill {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final List<String> PODS = List.of("a2", "b2");
    /** Alone in the answers to show that a change is served. */
    private static final List<String> CHANGED = List.of("b3");

    private final Lab lab;
    private final Path folder;
    private final ManifestFolder manifests;
    private long avoidable;
    private int starts;

    private ModeSwitchDrill(Lab lab, Path folder) {
        this.lab = lab;
        this.folder = folder;
        manifests = new ManifestFolder(folder);
    }

    public static void main(String[] arguments) throws IOException {
        List<ProxyMode> modes = Arrays.stream(arguments)
                .map(name -> ProxyMode.valueOf(name.toUpperCase(Locale.ROOT)))
                .toList();
        if (modes.size() < 2) {
            System.err.println("usage: drill modes MODE MODE...");
            System.exit(2);
        }
        try (TemporaryFolder folder = new TemporaryFolder("sluice-modes");
                Lab lab = Lab.create()) {
            ModeSwitchDrill drill = new ModeSwitchDrill(lab, folder.path());
            drill.run(modes);
            System.out.printf("%nLost although the modes could keep it: %d%n", drill.avoidable);
            System.exit(drill.avoidable == 0 ? 0 : 1);
        }
    }

    private void run(List<ProxyMode> modes) throws IOException {
        System.out.println(PhaseCounts.HEADER);
        manifests.write("web.yaml", HandedService.yaml(PODS));
        ProxyMode present = modes.getFirst();
        DaemonProcess daemon = start(present).awaitReady(PATIENCE, IpFamily.values());
        try (HandBackTraffic traffic = new HandBackTraffic(lab)) {
            report(traffic.take(present.flagValue() + " serves"), present, present);
            for (ProxyMode next : modes.subList(1, modes.size())) {
                lab.node().run("kill", "-TERM", Long.toString(daemon.pid())).orThrow();
                daemon.awaitEnd(PATIENCE);
                daemon = start(next).awaitReady(PATIENCE, IpFamily.values());
                awaitLeftoversGone(daemon);
                awaitChange();
                report(traffic.take(present.flagValue() + " to " + next.flagValue()), present, next);
                traffic.keepOpen();
                present = next;
            }
            report(traffic.take(present.flagValue() + " serves"), present, present);
        } finally {
            daemon.close();
        }
    }

    private DaemonProcess start(ProxyMode mode) {
        List<String> flags = List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR);
        Path log = folder.resolve(starts++ + "-" + mode.flagValue() + ".log");
        return DaemonProcess.start(lab.node(), new DaemonOptions(mode, manifests.flags(), flags), log);
    }

    private static void awaitLeftoversGone(DaemonProcess daemon) {
        Attempts.until(PATIENCE, "the former mode's rules are removed in both families", () -> {
            String log = daemon.logText();
            long families = log.lines()
                    .filter(line -> line.contains("in another mode had left"))
                    .count();
            return new Observation(families == IpFamily.values().length, log);
        });
    }

    /** The present process serves a change, and then the former endpoints again. */
    private void awaitChange() {
        for (List<String> pods : List.of(CHANGED, PODS)) {
            manifests.write("web.yaml", HandedService.yaml(pods));
            for (IpFamily family : IpFamily.values()) {
                Attempts.until(PATIENCE, pods + " answer, " + family, () -> {
                    var outcome = lab.pod("a3").tcp(HandedService.address(family), HandedService.TCP_PORT);
                    return new Observation(HandBackRun.isByOneOf(pods, outcome), outcome.toString());
                });
            }
        }
    }

    private void report(PhaseCounts counts, ProxyMode from, ProxyMode to) {
        System.out.println(counts.row());
        counts.mishaps().forEach(mishap -> System.out.println("    " + mishap));
        avoidable += counts.failed();
        if (isLeftToKernel(from) && isLeftToKernel(to)) {
            avoidable += counts.cut() + counts.lostDatagrams();
        }
    }

    /** Whether conntrack keeps the mode's connections without it. */
    private static boolean isLeftToKernel(ProxyMode mode) {
        return mode == ProxyMode.IPTABLES || mode == ProxyMode.NFTABLES;
    }
}
