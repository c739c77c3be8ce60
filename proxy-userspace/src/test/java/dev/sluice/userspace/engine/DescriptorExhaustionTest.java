// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.linux.Errno;
import dev.sluice.userspace.config.UserspaceOptions;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A process that has no descriptors left for the connections that wait to be accepted. */
@Tag("slow")
@Timeout(120)
class DescriptorExhaustionTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    /** Connections that the process has descriptors for. */
    private static final int ROOM = 10;

    private static final int WAITING = 5;
    private static final String WARNING = "connections wait";

    @TempDir
    Path folder;

    /**
     * In a process of its own: an engine before one endpoint, with descriptors for {@link #ROOM} connections. It takes
     * one of them for each byte that it reads.
     */
    public static void main(String[] arguments) throws Exception {
        EngineOptions options = EngineOptions.of(UserspaceOptions.DEFAULT).withEventLoops(1);
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4, options)) {
            fixture.tcp(Integer.parseInt(arguments[0]));
            try (Socket first = fixture.connect()) { // loads what a connection needs
                first.getOutputStream().write(1);
                first.getInputStream().read();
            }
            await().until(() -> fixture.engine.counters().connectionsActive() == 0);
            loadClasses();
            Deque<FileInputStream> hoard = hoard();
            System.out.println("port " + fixture.port);
            for (int i = 0; i < 2 * ROOM; i++) {
                hoard.pop().close();
            }
            while (System.in.read() > 0) {
                hoard.push(new FileInputStream("/dev/null"));
            }
            for (FileInputStream file : hoard) {
                file.close();
            }
        }
    }

    /** Each class that is not in a jar takes a descriptor for a moment; the daemon's are, and in its cache. */
    private static void loadClasses() throws Exception {
        LoggerFactory.getLogger(DescriptorExhaustionTest.class)
                .atWarn()
                .addKeyValue("cause", Errno.describe(Errno.EMFILE))
                .log("this is what a warning looks like");
        for (Class<?> one : List.of(TcpListener.class, Errno.class, ProcessEnd.class)) {
            Path folder = Path.of(
                    one.getProtectionDomain().getCodeSource().getLocation().toURI());
            String name = one.getPackageName();
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.list(folder.resolve(name.replace('.', '/')))) {
                    for (Path file : files.filter(f -> f.toString().endsWith(".class"))
                            .filter(f -> !f.toString().endsWith("-info.class"))
                            .toList()) {
                        String simple = file.getFileName().toString().replace(".class", "");
                        var _ = Class.forName(name + "." + simple);
                    }
                }
            }
        }
    }

    private static Deque<FileInputStream> hoard() {
        Deque<FileInputStream> all = new ArrayDeque<>();
        try {
            while (true) {
                all.push(new FileInputStream("/dev/null"));
            }
        } catch (IOException e) {
            return all; // none is left
        }
    }

    @Test
    void connectionsWaitUntilOthersHaveEnded() throws Exception {
        Path log = folder.resolve("log");
        try (TestServer server = TestServer.echo(LOOPBACK)) {
            Process process = start(server.port(), log);
            List<Socket> held = new ArrayList<>();
            List<Socket> waiting = new ArrayList<>();
            try {
                await().atMost(PATIENCE).until(() -> lines(log, "port ").size() == 1);
                int port = Integer.parseInt(lines(log, "port ").getFirst().substring("port ".length()));
                while (lines(log, WARNING).isEmpty()) {
                    hold(port, held, process);
                }
                for (int i = 0; i < WAITING; i++) {
                    waiting.add(connect(port));
                }

                Duration before = cpu(process);
                await().atMost(PATIENCE)
                        .during(Duration.ofSeconds(3)) // three more looks at what waits
                        .untilAsserted(() -> assertThatThrownBy(() ->
                                        waiting.getFirst().getInputStream().read())
                                .isInstanceOf(SocketTimeoutException.class));
                assertThat(cpu(process).minus(before)).isLessThan(Duration.ofSeconds(1));

                close(held);
                waiting.forEach(DescriptorExhaustionTest::assertAnswered);
                assertThat(lines(log, WARNING)).hasSize(1);
                process.getOutputStream().close();
                assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
            } finally {
                close(held);
                close(waiting);
                process.destroyForcibly();
            }
        }
    }

    private static Process start(int endpoint, Path log) throws IOException {
        return new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -n 256 && exec \"$0\" \"$@\"",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DescriptorExhaustionTest.class.getName(),
                        Integer.toString(endpoint))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    /** Opens one more connection, which has an answer or waits. */
    private static void hold(int port, List<Socket> held, Process process) throws IOException {
        Socket socket = connect(port);
        try {
            held.add(socket);
            socket.getInputStream().read();
        } catch (SocketTimeoutException e) {
            // it waits, or the process takes its time
        } catch (SocketException e) { // there was a descriptor for the client alone
            process.getOutputStream().write(1);
            process.getOutputStream().flush();
        }
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(LOOPBACK, port), (int) PATIENCE.toMillis());
        socket.setSoTimeout(500);
        socket.getOutputStream().write(7);
        return socket;
    }

    private static void assertAnswered(Socket socket) {
        await().atMost(PATIENCE)
                .ignoreExceptionsMatching(SocketTimeoutException.class::isInstance)
                .untilAsserted(() -> assertThat(socket.getInputStream().read()).isEqualTo(7));
    }

    private static Duration cpu(Process process) {
        return process.info().totalCpuDuration().orElseThrow();
    }

    private static List<String> lines(Path log, String text) throws IOException {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.filter(line -> line.contains(text)).toList();
        }
    }

    private static void close(List<Socket> sockets) throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
