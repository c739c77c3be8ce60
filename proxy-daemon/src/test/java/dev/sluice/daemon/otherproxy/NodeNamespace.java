// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A network namespace with the processes that a test runs inside, which end with it. */
final class NodeNamespace implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(90);

    private final NetworkNamespace namespace;
    private final Path folder;
    private final List<Process> processes = new ArrayList<>();
    private final List<ServerSocket> servers = new ArrayList<>();

    NodeNamespace(Path folder) throws KernelException {
        this.folder = folder;
        namespace = NetworkNamespace.create("two-proxies");
    }

    <T, E extends Exception> T call(NetworkNamespace.Task<T, E> task) throws E {
        return namespace.call(task);
    }

    /** Starts {@code command}, with its output in the file {@code log}. */
    Process start(String log, String... command) throws IOException {
        // it dies with this JVM, whatever happens to the test
        List<String> words = new ArrayList<>(List.of("setpriv", "--pdeathsig", "KILL", "--"));
        words.addAll(List.of(command));
        ProcessBuilder builder = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(log).toFile());
        Process process = namespace.call(builder::start);
        processes.add(process);
        return process;
    }

    /** Runs {@code command} to its end. */
    String run(int exitCode, String... command) throws IOException, InterruptedException {
        Process process = start("run.log", command);
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != exitCode) {
            throw new AssertionError(String.join(" ", command) + ": " + process + "\n" + log("run.log"));
        }
        return log("run.log");
    }

    /** Starts the daemon. */
    Process daemon(String log, String... flags) throws IOException {
        return start(log, daemonCommand(flags));
    }

    /** The daemon as the launcher starts it, on an empty cluster. */
    String[] daemonCommand(String... flags) throws IOException {
        Path manifests = Files.createDirectories(folder.resolve("manifests"));
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.sluice.daemon.Main",
                "--manifests=" + manifests,
                "--hostname-override=node-a",
                "--conntrack-max-per-core=0",
                "--oom-score-adj=0"));
        words.addAll(List.of(flags));
        return words.toArray(String[]::new);
    }

    /** A process of that name, with those arguments, that does nothing. */
    Process idle(String name, String... arguments) throws IOException {
        Path program = folder.resolve(name);
        Files.copy(Path.of("/usr/bin/perl").toRealPath(), program, StandardCopyOption.REPLACE_EXISTING);
        List<String> words =
                new ArrayList<>(List.of(program.toString(), "-e", "$| = 1; print 'runs'; sleep 1000", "--"));
        words.addAll(List.of(arguments));
        Process process = start(name + ".log", words.toArray(String[]::new));
        awaitLog(name + ".log", "runs");
        return process;
    }

    /** A server that answers every request with {@code body}. */
    ServerSocket serve(int port, String body) throws IOException {
        return serve(port, "/", body);
    }

    /** A server of pages, each a path and its body; the first whose path a request begins with is the answer. */
    ServerSocket serve(int port, String... pages) throws IOException {
        ServerSocket server = Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptionsInstanceOf(BindException.class) // of who had the port before, and still ends
                .until(
                        () -> namespace.call(() -> new ServerSocket(port, 50, InetAddress.ofLiteral("127.0.0.1"))),
                        ServerSocket::isBound);
        servers.add(server);
        Thread.ofPlatform().daemon().name("page-" + port).start(() -> {
            while (!server.isClosed()) {
                try (Socket peer = server.accept()) {
                    String asked = new String(peer.getInputStream().readNBytes(16), UTF_8);
                    peer.getOutputStream().write(("HTTP/1.1 200 OK\r\n\r\n" + page(asked, pages)).getBytes(UTF_8));
                } catch (IOException e) {
                    // that client's own
                }
            }
        });
        return server;
    }

    private static String page(String asked, String... pages) {
        for (int i = 0; i < pages.length; i += 2) {
            if (asked.startsWith(("GET " + pages[i]).substring(0, Math.min(16, 4 + pages[i].length())))) {
                return pages[i + 1];
            }
        }
        return "";
    }

    /** The status line and the body of a page, on one line; the error where there is none. */
    String page(int port, String path) {
        try (Socket socket = namespace.call(() -> {
            Socket made = new Socket();
            made.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 2000);
            return made;
        })) {
            socket.setSoTimeout(5000);
            socket.getOutputStream().write(("GET " + path + " HTTP/1.0\r\n\r\n").getBytes(UTF_8));
            return new String(socket.getInputStream().readAllBytes(), UTF_8).replaceAll("\r\n(.*\r\n)*\r\n", " ");
        } catch (IOException e) {
            return e.toString();
        }
    }

    String log(String log) throws IOException {
        return Files.readString(folder.resolve(log));
    }

    void awaitPage(int port, String path, String... parts) {
        Attempts.until(PATIENCE, path + " of port " + port + " has " + List.of(parts), () -> {
            String page = page(port, path);
            return new Observation(List.of(parts).stream().allMatch(page::contains), page);
        });
    }

    void awaitLog(String log, String part) {
        Attempts.until(PATIENCE, log + " has '" + part + "'", () -> {
            String text = log(log);
            return new Observation(text.contains(part), text);
        });
    }

    @Override
    public void close() throws IOException {
        for (ServerSocket server : servers) {
            server.close();
        }
        for (Process process : processes) {
            process.destroyForcibly().onExit().join();
        }
        namespace.close();
    }
}
