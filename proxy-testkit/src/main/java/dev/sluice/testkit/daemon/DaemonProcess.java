// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.daemon;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.sysctl.KernelFiles;
import dev.sluice.testkit.lab.CommandResult;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.TextFile;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A daemon process under test, started by the launcher on a host of the lab. */
public final class DaemonProcess implements AutoCloseable {
    private static final int HEALTH_PORT = 10256;
    private static final int METRICS_PORT = 10249;
    /** The limit for the end of a killed process; only an overloaded machine takes long. */
    private static final Duration KILLED = Duration.ofMinutes(2);

    private static final IpAddress LOOPBACK = IpAddress.of("127.0.0.1");
    private final LabHost host;
    private final Path log;
    private final Process process;
    private final LongSupplier pid;

    private DaemonProcess(LabHost host, Path log, Process process, LongSupplier pid) {
        this.host = host;
        this.log = log;
        this.process = process;
        this.pid = pid;
    }

    /**
     * A daemon that somebody else has started, below {@code process}, which lives as long as it does.
     *
     * @param pid of the daemon itself
     */
    public static DaemonProcess of(LabHost host, Path log, Process process, LongSupplier pid) {
        return new DaemonProcess(host, log, process, pid);
    }

    /** Starts the daemon, with its output in {@code log}. */
    public static DaemonProcess start(LabHost host, DaemonOptions options, Path log) {
        return start(host, options, log, Map.of());
    }

    /**
     * Starts the daemon as {@link #start(LabHost, DaemonOptions, Path)} does, with additional environment variables.
     */
    public static DaemonProcess start(LabHost host, DaemonOptions options, Path log, Map<String, String> environment) {
        return start(host, List.of(AotCache.launcher().toString()), options, log, environment);
    }

    /** Starts the daemon by a command that becomes it, e.g. one that takes rights away. */
    public static DaemonProcess startThrough(List<String> wrapper, LabHost host, DaemonOptions options, Path log) {
        List<String> program = new ArrayList<>(wrapper);
        program.add(AotCache.launcher().toString());
        return start(host, program, options, log, Map.of());
    }

    /** Starts a daemon that {@code main} makes, on this JVM's class path, in place of the launcher's. */
    public static DaemonProcess start(LabHost host, Class<?> main, DaemonOptions options, Path log) {
        return start(host, List.of(), main, options, log, Map.of());
    }

    /** The same, with a command before the JVM's that becomes the JVM, and with additional environment variables. */
    public static DaemonProcess start(
            LabHost host,
            List<String> wrapper,
            Class<?> main,
            DaemonOptions options,
            Path log,
            Map<String, String> environment) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classPath = System.getProperty("java.class.path");
        List<String> program = new ArrayList<>(wrapper);
        program.addAll(List.of(java, "--enable-native-access=ALL-UNNAMED", "-cp", classPath, main.getName()));
        return start(host, program, options, log, environment);
    }

    private static DaemonProcess start(
            LabHost host, List<String> program, DaemonOptions options, Path log, Map<String, String> environment) {
        // the daemon dies with this JVM; otherwise it would keep the namespaces of the lab alive
        List<String> command = new ArrayList<>(List.of("setpriv", "--pdeathsig", "KILL"));
        command.addAll(program);
        command.addAll(options.arguments());
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        Process process = host.start(builder);
        return new DaemonProcess(host, log, process, process::pid);
    }

    /** Runs the daemon's command and waits for its end. */
    public static CommandResult run(LabHost host, String... arguments) {
        List<String> command = new ArrayList<>(List.of(AotCache.launcher().toString()));
        command.addAll(List.of(arguments));
        return host.run(command.toArray(String[]::new));
    }

    /** Runs the daemon with {@code --cleanup} and waits for its end. */
    public static CommandResult cleanUp(LabHost host) {
        return run(host, "--cleanup");
    }

    /** Waits until the first sync of {@code families} is applied and the daemon reports itself healthy. */
    public DaemonProcess awaitReady(Duration patience, IpFamily... families) {
        try {
            Attempts.until(patience, "the daemon is ready", () -> {
                if (!process.isAlive()) {
                    throw new LabException("the daemon ended with " + process.exitValue() + ": " + logText());
                }
                return readiness(families);
            });
            return this;
        } catch (AssertionError e) {
            throw new LabException(e.getMessage() + "\n" + logText(), e);
        }
    }

    private Observation readiness(IpFamily... families) throws IOException {
        HttpPage health = healthz();
        if (health.status() != 200) {
            return new Observation(false, health.status() + " " + health.body());
        }
        String page = metrics();
        for (IpFamily family : families) {
            OptionalDouble last = metric(
                    page, "kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family=\"" + family.label() + "\"}");
            if (last.orElse(0) <= 0) {
                return new Observation(false, "no sync of " + family.label());
            }
        }
        return new Observation(true, "ready");
    }

    /** The page {@code /healthz} of the health server. */
    public HttpPage healthz() throws IOException {
        return health("/healthz");
    }

    /** A page of the health server. */
    public HttpPage health(String path) throws IOException {
        return HttpPage.get(host, LOOPBACK, HEALTH_PORT, path);
    }

    /** A page of the metrics server. */
    public HttpPage page(String path) throws IOException {
        return HttpPage.get(host, LOOPBACK, METRICS_PORT, path);
    }

    /** The text of {@code /metrics}. */
    public String metrics() throws IOException {
        return page("/metrics").body();
    }

    /**
     * Traces a packet through the daemon's rules.
     *
     * @param from the sender, null for the node itself
     * @param inInterface the interface that it arrives through, empty for the node itself
     */
    public Explained explain(Protocol protocol, @Nullable IpAddress from, IpAddress to, int port, String inInterface)
            throws IOException {
        String query = "to=" + to + "&port=" + port + "&protocol=" + protocol.lowerCase()
                + (from == null ? "" : "&from=" + from) + (inInterface.isEmpty() ? "" : "&interface=" + inInterface);
        HttpPage page = page("/debug/explain?" + query);
        if (page.status() != 200) {
            throw new LabException("/debug/explain?" + query + ": " + page.status() + " " + page.body());
        }
        return Explained.parse(page.body());
    }

    /** The value of the series written exactly as {@code series}, e.g. {@code a_total{x="y"}}. */
    public OptionalDouble metric(String series) throws IOException {
        return metric(metrics(), series);
    }

    private static OptionalDouble metric(String page, String series) {
        return page.lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line ->
                        Double.parseDouble(line.substring(series.length() + 1).strip()))
                .findFirst();
    }

    /** The resident memory, in KiB (proc(5), VmRSS). */
    public long residentKib() throws IOException {
        return KernelFiles.lines(Path.of("/proc", Long.toString(pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }

    /** The number of open descriptors. */
    public int openFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(pid()), "fd"))) {
            return (int) files.count();
        }
    }

    /** What the daemon has printed so far. */
    public String logText() {
        try {
            return Files.exists(log) ? TextFile.read(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return pid.getAsLong();
    }

    /** Kills the daemon with SIGKILL, so that it cannot clean up. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd(KILLED);
    }

    /** Ends the daemon with SIGTERM, and returns the exit status. */
    public int terminate(Duration patience) {
        process.destroy();
        return awaitEnd(patience);
    }

    /** Waits for a daemon that ends by itself, and returns the exit status. */
    public int awaitEnd(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new LabException("the daemon has not ended within " + patience + ": " + logText());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
    }
}
