// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.daemon.VariantHint;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.TemporaryFolder;
import dev.sluice.testkit.model.ManyServices;
import dev.sluice.testkit.upstream.UpstreamText;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Counts the new connections that fail while the real daemon changes rules among many Services and, for contrast, while
 * the same rules are written in other ways, or the table is deleted. Arguments: {@code nft} or {@code legacy} for
 * iptables mode, or {@code nftables} for that mode, then numbers of Services.
 *
 * <p>Exits with 1 when a connection failed under the daemon, and with 3 when the drill did not detect that dispatch
 * chains were emptied and filled again, or that the table was deleted: then it proves nothing.
 */
public final class GapDrill {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int CHANGES = 240;
    private static final int REWRITES = 30;
    private static final int FLUSHES = 10;
    /** From the fourth on the daemon takes it for a contest, and waits longer each time. */
    private static final int DELETIONS = 3;

    private static final int CROWD = 600;
    private static final int PER_SECOND = 400;
    private static final List<String> FILLER_PODS = List.of("a2", "a4", "a5", "b2", "b3");

    private static final Map<String, String> FLAT = Map.of("SLUICE_JAVA_OPTS", "-Dsluice.iptables.flat-rules=1000000");

    private final ProxyMode mode;
    private final Variant variant;
    private final PrintStream out;
    private int status;

    private GapDrill(ProxyMode mode, Variant variant, PrintStream out) {
        this.mode = mode;
        this.variant = variant;
        this.out = out;
    }

    public static void main(String[] arguments) throws Exception {
        List<Integer> sizes =
                Stream.of(arguments).skip(1).map(Integer::parseInt).toList();
        ProxyMode mode =
                arguments.length > 0 && arguments[0].equals("nftables") ? ProxyMode.NFTABLES : ProxyMode.IPTABLES;
        Variant variant = mode == ProxyMode.NFTABLES
                ? Variant.NFT
                : Stream.of(Variant.values())
                        .filter(v -> arguments.length > 0
                                && v.name().toLowerCase(Locale.ROOT).equals(arguments[0]))
                        .findFirst()
                        .orElse(null);
        if (variant == null) {
            System.err.println("usage: GapDrill nft|legacy|nftables [SERVICES...]");
            System.exit(2);
            return;
        }
        GapDrill drill = new GapDrill(mode, variant, System.out);
        System.out.println("New connections under changes of rules, " + arguments[0] + "; every column from"
                + " 'SYNs sent again' on must be 0 for sluice.");
        System.out.println(GapCounts.HEADER);
        for (int services : sizes.isEmpty() ? List.of(1000, 5000) : sizes) {
            drill.at(services);
        }
        System.exit(drill.status);
    }

    private void at(int services) throws IOException, InterruptedException {
        try (TemporaryFolder folder = new TemporaryFolder("sluice-gap");
                Lab lab = Lab.create();
                ManifestFolder manifests = new ManifestFolder(folder.path());
                OnNode proxy = new OnNode(lab, manifests, mode, folder.resolve("daemon.log"))) {
            VariantHint.leave(lab.node(), variant);
            ManyServices.on(
                            FILLER_PODS.stream()
                                    .map(pod -> LabAddresses.of(pod, IpFamily.IPV4))
                                    .toList(),
                            8080,
                            folder.resolve("manifests"))
                    .write(services);
            proxy.start();
            try (GapRun run = new GapRun(lab, IpFamily.IPV4, proxy, services, CROWD, PER_SECOND).begin()) {
                ours(run, services);
                if (mode == ProxyMode.NFTABLES) {
                    contrastTable(run, lab, services);
                } else {
                    flatten(run, proxy, services);
                    contrast(run, lab, services);
                }
            }
        }
    }

    private void ours(GapRun run, int services) throws InterruptedException {
        for (int i = 0; i < 2; i++) {
            run.change(CHANGES / 3);
            run.restart();
        }
        run.change(CHANGES / 3);
        judge(report("sluice", services, run.counts()));
    }

    /**
     * Turns the tree into a list, which the peer uses; this is a change as well. The rules stay after the end of the
     * daemon.
     */
    private void flatten(GapRun run, OnNode proxy, int services) {
        run.countAnew();
        run.elsewhere(1, () -> {
            proxy.kill();
            proxy.start(FLAT);
            proxy.kill();
        });
        judge(report("sluice: a restart that makes the tree a list", services, run.counts()));
    }

    private void judge(GapCounts counts) {
        if (!counts.isSeamless() || counts.slow() > 0) {
            status = 1;
            counts.mishaps().forEach(mishap -> out.println("  " + mishap));
        }
    }

    private void contrast(GapRun run, Lab lab, int services) {
        String save = VariantHint.tool(variant, "-save");
        UpstreamText rules = UpstreamText.of(lab.node().run(save).orThrow());
        String rewriting = rules.rewriteOfOneService();
        run.countAnew();
        run.elsewhere(REWRITES, () -> restore(lab, rewriting));
        report("upstream's way: dispatch chains rewritten in one restore", services, run.counts());
        run.countAnew();
        run.elsewhere(FLUSHES, () -> {
            restore(lab, "*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n");
            restore(lab, rewriting);
        });
        expectNoticed(report("a bad way: dispatch emptied, then filled", services, run.counts()));
    }

    /** The table deleted by somebody else; nft 1.0.6 does not read what it prints of the table. */
    private void contrastTable(GapRun run, Lab lab, int services) {
        run.countAnew();
        run.elsewhere(DELETIONS, () -> {
            lab.node().run("nft", "delete", "table", "ip", "sluice").orThrow();
            Awaitility.await("the table is repaired")
                    .atMost(PATIENCE)
                    .until(() -> lab.node()
                                    .run("nft", "list", "chain", "ip", "sluice", "services")
                                    .exitCode()
                            == 0);
        });
        expectNoticed(report("a bad way: the table deleted, then repaired", services, run.counts()));
    }

    private void expectNoticed(GapCounts flushed) {
        if (flushed.isSeamless() && status == 0) {
            out.println("The drill did not notice that there was no dispatch: it proves nothing.");
            status = 3;
        }
    }

    private void restore(Lab lab, String text) {
        lab.node()
                .feed(text, VariantHint.tool(variant, "-restore"), "-w", "5", "--noflush")
                .orThrow();
    }

    private GapCounts report(String writer, int services, GapCounts counts) {
        out.println(counts.row(writer, services));
        return counts;
    }

    /** The daemon on the lab's node. */
    private static final class OnNode implements ProxyUnderDrill, AutoCloseable {
        private final Lab lab;
        private final ManifestFolder manifests;
        private final ProxyMode mode;
        private final Path log;
        private @Nullable DaemonProcess daemon;

        OnNode(Lab lab, ManifestFolder manifests, ProxyMode mode, Path log) {
            this.lab = lab;
            this.manifests = manifests;
            this.mode = mode;
            this.log = log;
        }

        @Override
        public void write(String file, String yaml) {
            manifests.write(file, yaml);
        }

        @Override
        public void kill() {
            if (daemon != null) {
                daemon.kill();
            }
        }

        @Override
        public void start() {
            start(Map.of());
        }

        void start(Map<String, String> environment) {
            List<String> flags =
                    List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR, "--nodeport-addresses=0.0.0.0/0,::/0");
            DaemonOptions options = new DaemonOptions(mode, manifests.flags(), flags);
            daemon = DaemonProcess.start(lab.node(), options, log, environment);
            daemon.awaitReady(PATIENCE, IpFamily.IPV4);
        }

        @Override
        public void close() {
            kill();
        }
    }
}
