// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.takeover;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.DualStackService;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.NewConnections;
import dev.sluice.testkit.lab.NewConnections.Call;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Restarts the daemon in userspace mode under load, with the next process started in turn before and after the end of
 * the last one. Each new connection must be answered, and connections that are open when a successor takes over must go
 * on; no datagram may be refused, and each must be answered in the end if it is repeated. Argument: the number of
 * restarts, 20 by default. Exits with 1 on any failure.
 */
public final class TakeoverDrill {
    private static final DualStackService SERVICE = new DualStackService("takeover", "web", 78, 80, 8080);
    private static final DualStackService DATAGRAMS =
            new DualStackService("takeover", "dns", 77, 53, 5353, Protocol.UDP);
    private static final int NODE_PORT = 30080;
    private static final int UDP_NODE_PORT = 30053;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Long enough for a SYN that is repeated after 1, 3 and 7 seconds. */
    private static final Duration CALL_PATIENCE = Duration.ofSeconds(12);

    private static final List<String> PODS = List.of("a2", "b2", "b3");

    private final Lab lab;
    private final Path folder;
    private int started;
    private int lost;

    private TakeoverDrill(Lab lab, Path folder) {
        this.lab = lab;
        this.folder = folder;
    }

    public static void main(String[] arguments) throws IOException {
        int restarts = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20;
        boolean whole;
        try (TemporaryFolder folder = new TemporaryFolder("sluice-takeover");
                Lab lab = Lab.create()) {
            whole = new TakeoverDrill(lab, folder.path()).run(restarts);
        }
        System.exit(whole ? 0 : 1);
    }

    private boolean run(int restarts) throws IOException {
        Files.writeString(
                Files.createDirectory(folder.resolve("manifests")).resolve("service.yaml"),
                SERVICE.service("", NODE_PORT)
                        + SERVICE.slices(PODS, List.of())
                        + DATAGRAMS.service("", UDP_NODE_PORT)
                        + DATAGRAMS.slices(PODS, List.of()));
        DaemonProcess daemon = start().awaitReady(PATIENCE, IpFamily.IPV4, IpFamily.IPV6);
        NewConnections load = new NewConnections(calls(SERVICE, NODE_PORT), CALL_PATIENCE);
        DatagramLoad datagrams = new DatagramLoad(calls(DATAGRAMS, UDP_NODE_PORT), CALL_PATIENCE);
        try {
            try (load;
                    datagrams) {
                for (int i = 1; i <= restarts; i++) {
                    boolean overlapping = i % 2 == 1;
                    daemon = overlapping ? takeOver(daemon) : restart(daemon);
                    System.out.printf(
                            Locale.ROOT,
                            "%2d  %-22s slowest new connection %5d ms, failed so far %s; slowest datagram %5d ms, %s%n",
                            i,
                            overlapping ? "started, then stopped" : "stopped, then started",
                            load.slowest().toMillis(),
                            load.failures(),
                            datagrams.slowest().toMillis(),
                            datagrams.failures());
                }
            }
        } finally {
            daemon.close();
        }
        System.out.printf(
                Locale.ROOT,
                "%d restarts, %d new connections answered, %d failed; open connections lost in a take-over: %d; "
                        + "%d datagrams answered, %d asked again, %d failed%n",
                restarts,
                load.answered(),
                load.failures().total(),
                lost,
                datagrams.answered(),
                datagrams.repeated(),
                datagrams.failures().total());
        return load.failures().total() == 0
                && lost == 0
                && load.answered() > 0
                && datagrams.failures().total() == 0
                && datagrams.answered() > 0;
    }

    private List<Call> calls(DualStackService service, int nodePort) {
        return Stream.of(IpFamily.values())
                .flatMap(family -> Stream.of(
                        new Call(lab.pod("a3"), service.address(family), service.port()),
                        new Call(lab.node(), service.address(family), service.port()),
                        new Call(lab.client(), LabAddresses.of(LabAddresses.NODE_A, family), nodePort)))
                .toList();
    }

    private DaemonProcess start() {
        DaemonOptions options = new DaemonOptions(
                ProxyMode.USERSPACE,
                List.of("--manifests", folder.resolve("manifests").toString()),
                List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
        started++;
        return DaemonProcess.start(lab.node(), options, folder.resolve("log-" + started));
    }

    private DaemonProcess takeOver(DaemonProcess old) throws IOException {
        DaemonProcess next;
        try (Connection open = lab.pod("a3").caller().connect(SERVICE.address(IpFamily.IPV4), SERVICE.port())) {
            ask(open);
            next = start();
            await(next, "took over from process " + old.pid());
            ask(open);
        }
        old.terminate(PATIENCE);
        return next.awaitReady(PATIENCE, IpFamily.IPV4, IpFamily.IPV6);
    }

    private void ask(Connection open) {
        if (!(open.ask() instanceof Outcome.Answer)) {
            lost++;
        }
    }

    private DaemonProcess restart(DaemonProcess old) {
        old.terminate(PATIENCE);
        return start().awaitReady(PATIENCE, IpFamily.IPV4, IpFamily.IPV6);
    }

    private static void await(DaemonProcess daemon, String line) {
        Awaitility.await(line)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    if (!daemon.isAlive()) {
                        throw new LabException("the daemon ended: " + daemon.logText());
                    }
                    return daemon.logText().contains(line);
                });
    }
}
