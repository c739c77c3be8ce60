// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.handback;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.lab.CommandResult;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import dev.sluice.testkit.upstream.KubeProxyStandIn;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One way from kube-proxy to Sluice and back on the lab's node, under traffic. Sluice has ports of its own, so that its
 * pages and kube-proxy's can be told apart.
 */
public final class HandBackRun implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final IpAddress LOOPBACK = IpAddress.of("127.0.0.1");
    private static final int HEALTH_PORT = 20256;
    private static final List<String> BEFORE = List.of("a2", "b2");
    /** One more while Sluice serves, whose answers show who serves. */
    private static final List<String> MEANWHILE = List.of("a2", "b2", "b3");

    /** What a table consists of that nobody has written a rule to; whoever looks at the rules makes some. */
    private static final Pattern EMPTY_TABLE =
            Pattern.compile("^(#|\\*|COMMIT|:[A-Z]+ ACCEPT|table ip6? (filter|nat|mangle)$)");

    private static final Duration BETWEEN_FAMILIES = Duration.ofMillis(500);

    private final Lab lab;
    private final ProxyMode mode;
    private final KubeProxyStandIn.Mode upstream;
    private final KubeProxyStandIn kubeProxy;
    private final Path folder;
    private final ManifestFolder manifests;
    private final Consumer<PhaseCounts> observer;
    private @Nullable DaemonProcess sluice;

    /** @param observer gets the counts of each phase */
    public HandBackRun(
            Lab lab, ProxyMode mode, KubeProxyStandIn.Mode upstream, Path folder, Consumer<PhaseCounts> observer) {
        this.lab = lab;
        this.mode = mode;
        this.upstream = upstream;
        this.folder = folder;
        this.observer = observer;
        kubeProxy = new KubeProxyStandIn(lab.node(), upstream, folder);
        manifests = new ManifestFolder(folder);
    }

    /**
     * Goes there and back once.
     *
     * @param takeOver whether Sluice starts with {@code --take-over}, and kube-proxy ends after it
     * @param openMore whether there are connections that were opened while Sluice served
     */
    public void run(boolean takeOver, boolean openMore) throws IOException {
        manifests.write("web.yaml", HandedService.yaml(MEANWHILE));
        kubeProxy.start();
        sync();
        List<String> clean = rules();
        try (HandBackTraffic traffic = new HandBackTraffic(lab)) {
            awaitServing("b2");
            observer.accept(traffic.take("kube-proxy serves"));
            if (takeOver) {
                start("--take-over");
                awaitServing("b3");
                awaitLeftoversGone();
                observer.accept(traffic.take("Sluice takes over beside it"));
                kubeProxy.stop();
                observer.accept(traffic.take("kube-proxy ends"));
            } else {
                waitBeside(clean);
                observer.accept(traffic.take("Sluice waits beside it"));
                kubeProxy.stop();
                awaitServing("b3");
                awaitLeftoversGone();
                observer.accept(traffic.take("kube-proxy ends, Sluice serves"));
            }
            if (openMore) {
                traffic.keepOpen();
                observer.accept(traffic.take("more connections are open, by Sluice"));
            }
            handBack(traffic, clean);
        }
    }

    /** What is removed late could be what the next kube-proxy has just written. */
    private void awaitLeftoversGone() {
        if (mode == ProxyMode.NFTABLES || !mode.flagValue().equals(upstream.text())) {
            Attempts.until(PATIENCE, "kube-proxy's rules are removed in both families", () -> {
                String log = sluice().logText();
                long families = log.lines()
                        .filter(line -> line.contains("removed what a proxy in another mode had left"))
                        .count();
                return new Observation(families == IpFamily.values().length, log);
            });
        }
    }

    /** Sluice changes nothing while kube-proxy runs, and says what it has seen. */
    private void waitBeside(List<String> rules) {
        DaemonProcess daemon = start();
        Attempts.until(PATIENCE, "it waits, and says for what", () -> {
            String page = health(daemon);
            return new Observation(
                    page.startsWith("503 ") && page.contains("kube-proxy (process " + kubeProxy.pid() + ")"), page);
        });
        if (!rules().equals(rules)) {
            throw new LabException("Sluice has changed rules beside a running kube-proxy: " + rules());
        }
    }

    /** As kubelet does it: one Pod is stopped, and the other starts; nothing waits for anything. */
    private void handBack(HandBackTraffic traffic, List<String> clean) {
        DaemonProcess daemon = sluice();
        lab.node().run("kill", "-TERM", Long.toString(daemon.pid())).orThrow();
        CompletableFuture<CommandResult> command = CompletableFuture.supplyAsync(
                () -> DaemonProcess.run(lab.node(), "--cleanup", "--wait-for-kube-proxy"),
                // on a machine with two processors the common pool has one thread, which others need
                task -> Thread.ofPlatform().daemon().name("clean-up").start(task));
        kubeProxy.start();
        sync();
        if (mode == ProxyMode.NFTABLES) {
            // its table serves until it is removed: chains of one priority are asked in the order of their age
            command.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join().orThrow();
            observer.accept(traffic.take("Sluice is stopped, kube-proxy starts"));
            awaitNobodyElse();
        } else {
            awaitNobodyElse();
            observer.accept(traffic.take("Sluice is stopped, kube-proxy starts"));
        }
        daemon.awaitEnd(PATIENCE);
        command.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join().orThrow();
        observer.accept(traffic.take("the rest of Sluice is removed"));
        List<String> left = new ArrayList<>(rules());
        left.removeAll(clean);
        List<String> missing = new ArrayList<>(clean);
        missing.removeAll(rules());
        if (!left.isEmpty() || !missing.isEmpty()) {
            throw new LabException("after the hand-back there is more: " + left + ", there is less: " + missing);
        }
    }

    private void sync() {
        kubeProxy.sync(BETWEEN_FAMILIES, family -> HandedService.ports(family, BEFORE));
    }

    private DaemonProcess start(String... more) {
        List<String> flags = new ArrayList<>(List.of(
                "--cluster-cidr=" + LabAddresses.CLUSTER_CIDR,
                "--healthz-bind-address=127.0.0.1:" + HEALTH_PORT,
                "--metrics-bind-address=127.0.0.1:20249"));
        flags.addAll(List.of(more));
        DaemonProcess started = DaemonProcess.start(
                lab.node(), new DaemonOptions(mode, manifests.flags(), flags), folder.resolve("sluice.log"));
        sluice = started;
        return started;
    }

    private DaemonProcess sluice() {
        if (sluice == null) {
            throw new IllegalStateException("not started");
        }
        return sluice;
    }

    private String health(DaemonProcess daemon) {
        if (!daemon.isAlive()) {
            throw new LabException("the daemon has ended: " + daemon.logText());
        }
        try {
            HttpPage page = HttpPage.get(lab.node(), LOOPBACK, HEALTH_PORT, "/healthz");
            return page.status() + " " + page.body();
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Waits until new connections in both families, to each address, reach {@code pod}. */
    private void awaitServing(String pod) {
        for (IpFamily family : IpFamily.values()) {
            Attempts.until(PATIENCE, pod + " answers, " + family, () -> {
                Outcome inside = lab.pod("a3").tcp(HandedService.address(family), HandedService.TCP_PORT);
                Outcome outside =
                        lab.client().tcp(LabAddresses.of(LabAddresses.NODE_A, family), HandedService.NODE_PORT);
                return new Observation(isBy(pod, inside) && isBy(pod, outside), inside + ", " + outside);
            });
        }
    }

    private static boolean isBy(String pod, Outcome outcome) {
        return isByOneOf(List.of(pod), outcome);
    }

    static boolean isByOneOf(List<String> pods, Outcome outcome) {
        return outcome instanceof Outcome.Answer answer && pods.contains(answer.pod());
    }

    /** Thirty connections in each family, none of which kube-proxy's rules would not have made. */
    private void awaitNobodyElse() {
        for (IpFamily family : IpFamily.values()) {
            for (int i = 0; i < 30; i++) {
                Outcome outcome = lab.pod("a3").tcp(HandedService.address(family), HandedService.TCP_PORT);
                if (!isByOneOf(BEFORE, outcome)) {
                    throw new LabException("kube-proxy's rules are in force, but " + family + ": " + outcome);
                }
            }
        }
    }

    /** The rules, tables and sets of the node, sorted, without counters. */
    private List<String> rules() {
        LabHost node = lab.node();
        String all = node.run("iptables-save").orThrow()
                + node.run("ip6tables-save").orThrow()
                + node.run("nft", "list", "tables").orThrow()
                + node.run("ipset", "list", "-n").orThrow();
        return all.lines()
                .filter(line -> !line.contains("sluice-nat-anchor")
                        && !EMPTY_TABLE.matcher(line).find())
                .map(line -> line.replaceAll("\\[\\d+:\\d+]", ""))
                .sorted()
                .toList();
    }

    @Override
    public void close() {
        if (sluice != null) {
            sluice.close();
        }
        kubeProxy.close();
    }
}
