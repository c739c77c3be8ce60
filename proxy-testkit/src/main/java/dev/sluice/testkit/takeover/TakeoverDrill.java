package dev.sluice.testkit.takeover;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/**
 * Restarts of the daemon in userspace mode under load, by turns with the next process started before the last is stopped, and after.
 * Each new connection must be answered, and one that is open when a successor takes over must go on. Argument: how many restarts, 20
 * by default. Ends with 1 unless all was well.
 */
public final class TakeoverDrill {
    static final int PORT = 80;
    static final int NODE_PORT = 30080;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
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

    static IpAddress address(IpFamily family) {
        return IpAddress.of(family == IpFamily.IPV4 ? "10.96.78.1" : "fd00:96::78:1");
    }

    private boolean run(int restarts) throws IOException {
        Files.writeString(Files.createDirectory(folder.resolve("manifests")).resolve("service.yaml"), manifest());
        DaemonProcess daemon = start().awaitReady(PATIENCE, IpFamily.IPV4, IpFamily.IPV6);
        NewConnections load = new NewConnections(lab);
        try {
            try (load) {
                for (int i = 1; i <= restarts; i++) {
                    boolean overlapping = i % 2 == 1;
                    daemon = overlapping ? takeOver(daemon) : restart(daemon);
                    System.out.printf(
                            Locale.ROOT,
                            "%2d  %-22s slowest new connection %5d ms, failed so far %s%n",
                            i,
                            overlapping ? "started, then stopped" : "stopped, then started",
                            load.slowest().toMillis(),
                            load.failures());
                }
            }
        } finally {
            daemon.close();
        }
        System.out.printf(
                Locale.ROOT,
                "%d restarts, %d new connections answered, %d failed; open connections lost in a take-over: %d%n",
                restarts,
                load.answered(),
                load.failures().values().stream().mapToLong(n -> n).sum(),
                lost);
        return load.failures().isEmpty() && lost == 0 && load.answered() > 0;
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
        try (Connection open = lab.pod("a3").caller().connect(address(IpFamily.IPV4), PORT)) {
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

    private static String manifest() {
        return """
                apiVersion: v1
                kind: Service
                metadata: {namespace: takeover, name: web}
                spec:
                  type: NodePort
                  clusterIP: "%1$s"
                  clusterIPs: ["%1$s", "%2$s"]
                  ipFamilies: [IPv4, IPv6]
                  ipFamilyPolicy: RequireDualStack
                  ports: [{protocol: TCP, port: %3$d, targetPort: 8080, nodePort: %4$d}]
                """.formatted(address(IpFamily.IPV4), address(IpFamily.IPV6), PORT, NODE_PORT)
                + slice(IpFamily.IPV4)
                + slice(IpFamily.IPV6);
    }

    private static String slice(IpFamily family) {
        return """
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {namespace: takeover, name: web-%1$s, labels: {kubernetes.io/service-name: web}}
                addressType: %2$s
                ports: [{protocol: TCP, port: 8080}]
                endpoints: [%3$s]
                """.formatted(
                        family == IpFamily.IPV4 ? "v4" : "v6",
                        family.label(),
                        PODS.stream()
                                .map(pod -> "{addresses: [\"" + LabAddresses.of(pod, family)
                                        + "\"], conditions: {ready: true}}")
                                .collect(Collectors.joining(", ")));
    }
}
