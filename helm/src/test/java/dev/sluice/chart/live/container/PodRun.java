// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live.container;

import dev.sluice.chart.live.container.UpgradeRun.Upgraded;
import dev.sluice.testkit.container.Image;
import dev.sluice.testkit.container.NodePod;
import dev.sluice.testkit.lab.TextFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Everything that is seen of the image in one mode: each right left out, the smoke traffic, upgrades. As a program, for
 * the virtual machine, its arguments are the mode's name, the top of the repository, and a file with the manifests.
 */
final class PodRun {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private PodRun() {}

    public static void main(String[] arguments) throws IOException {
        Image image = Image.built(Path.of(arguments[1])).orElseThrow();
        run(PodMode.valueOf(arguments[0]), image, TextFile.read(Path.of(arguments[2])), System.out::println);
    }

    /** @param report receives a row for each thing that was seen */
    static void run(PodMode mode, Image image, String rendered, Consumer<String> report) throws IOException {
        Consumer<String> rows = row -> report.accept("container | " + mode + " | " + row);
        // on a node of its own: without a right the daemon may leave other rules than with it
        try (PodSite site = new PodSite(mode, image, rendered)) {
            new SmokeTraffic(site).create();
            new RightsRun(site).run(row -> rows.accept("without " + row));
        }
        try (PodSite site = new PodSite(mode, image, rendered)) {
            carryTraffic(site, rows);
        }
    }

    private static void carryTraffic(PodSite site, Consumer<String> rows) throws IOException {
        SmokeTraffic traffic = new SmokeTraffic(site);
        traffic.create();
        long begin = System.nanoTime();
        NodePod pod = site.start().awaitReady(PATIENCE);
        double seconds = (System.nanoTime() - begin) / 1e9;
        RightsRun.expectRendered(site.mode(), pod);
        traffic.expectAll();
        if (!site.hasSeenAccount()) {
            throw new AssertionError("the daemon has not used the Pod's account");
        }
        rows.accept(String.format(
                Locale.ROOT,
                "all traffic is carried | ready after %.1f s, init container included | RSS %d MiB",
                seconds,
                pod.daemon().residentKib() / 1024));
        rows.accept("helm test: " + site.helmTest().lines().toList().getLast());
        Upgraded upgraded = new UpgradeRun(site).endThenStart(pod);
        rows.accept(upgraded.row());
        if (!site.mode().isCarriedByKernel()) {
            upgraded = new UpgradeRun(site).startThenEnd(upgraded.pod());
            rows.accept(upgraded.row());
        }
        traffic.expectAll();
    }
}
