// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.prometheus;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.daemon.HttpPage;
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
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** One of Debian's monitoring programs, which serves HTTP on the loopback address of a host of the lab. */
final class MonitoringProcess implements AutoCloseable {
    private static final IpAddress LOOPBACK = IpAddress.of("127.0.0.1");
    private static final Duration READY = Duration.ofMinutes(1);
    private static final Duration END = Duration.ofSeconds(30);

    private final LabHost host;
    private final int port;
    private final Path log;
    private final Process process;

    /** Starts {@code command} on {@code host}, and waits until its page {@code /-/ready} answers. */
    MonitoringProcess(LabHost host, int port, Path log, List<String> command) {
        this.host = host;
        this.port = port;
        this.log = log;
        // it dies with this JVM; otherwise it would keep the namespaces of the lab alive
        List<String> whole = new ArrayList<>(List.of("setpriv", "--pdeathsig", "KILL"));
        whole.addAll(command);
        process = host.start(new ProcessBuilder(whole).redirectErrorStream(true).redirectOutput(log.toFile()));
        Attempts.until(READY, command.getFirst() + " is ready", () -> {
            if (!process.isAlive()) {
                throw new LabException(command.getFirst() + " ended with " + process.exitValue() + ": " + logText());
            }
            HttpPage page = get("/-/ready");
            return new Observation(page.status() == 200, page.status() + " " + page.body());
        });
    }

    /** Whether each of {@code programs} is installed. */
    static boolean areInstalled(String... programs) {
        return Stream.of(programs)
                .allMatch(program -> Stream.of("/usr/bin", "/usr/local/bin", "/bin")
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program))));
    }

    HttpPage get(String path) throws IOException {
        return HttpPage.get(host, LOOPBACK, port, path);
    }

    /** The body of a page that must be there. */
    String page(String path) {
        try {
            HttpPage page = get(path);
            if (page.status() != 200) {
                throw new LabException(path + ": " + page.status() + " " + page.body());
            }
            return page.body();
        } catch (IOException e) {
            throw new LabException(path + ": " + e, e);
        }
    }

    private String logText() {
        try {
            return TextFile.read(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(END.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
