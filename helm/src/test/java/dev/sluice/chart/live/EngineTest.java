// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner;
import dev.sluice.linux.process.ProcessException;
import dev.sluice.linux.process.SystemCommands;
import dev.sluice.testkit.container.Image;
import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.lab.TextFile;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real containerd imports the tarball that {@code make image} has made, and runs it. */
class EngineTest {
    private static final Path TARBALLS = Launcher.repository().resolve("target/image");
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final CommandRunner commands = new SystemCommands();

    @Test
    void containerdImportsAndRunsTheTarball(@TempDir Path folder) throws Exception {
        Optional<Image> image = Image.built(Launcher.repository());
        Optional<Path> tarball = tarball();
        assumeTrue(image.isPresent() && tarball.isPresent(), "run 'make image' first");
        assumeTrue(
                commands.find("containerd").isPresent() && commands.find("ctr").isPresent(), "run dev/setup");
        assumeTrue("root".equals(System.getProperty("user.name")), "containerd needs root");

        Process containerd = start(folder);
        try {
            Attempts.until(LIMIT, "containerd serves", () -> {
                CommandRunner.Result result = ctr(folder, "version");
                return new Observation(result.succeeded(), result.errors() + TextFile.read(log(folder)));
            });
            CommandRunner.Result imported = ctr(
                    folder,
                    "images",
                    "import",
                    "--snapshotter",
                    "native",
                    tarball.get().toString());
            assertThat(imported.succeeded()).as(imported.errors()).isTrue();
            String name = ctr(folder, "images", "ls", "-q").output().strip();
            assertThat(name).matches("sluice:[0-9.]+");

            List<String> run = new ArrayList<>(List.of("run", "--rm", "--snapshotter", "native", name, "version"));
            run.addAll(image.get().entrypoint());
            run.add("--version");
            CommandRunner.Result ran = ctr(folder, run.toArray(String[]::new));
            assertThat(ran.output()).as(ran.errors()).contains(name.substring(name.indexOf(':') + 1));
        } finally {
            containerd.destroy();
            containerd.waitFor();
        }
    }

    /** The one for {@code docker load} and {@code ctr images import}. */
    private static Optional<Path> tarball() throws IOException {
        if (!Files.isDirectory(TARBALLS)) {
            return Optional.empty();
        }
        try (var files = Files.list(TARBALLS)) {
            return files.filter(file -> file.getFileName().toString().matches("sluice-[0-9.]+-amd64\\.tar"))
                    .findFirst();
        }
    }

    private static Process start(Path folder) throws IOException {
        Path configuration = Files.writeString(folder.resolve("config.toml"), """
                version = 2
                root = "%1$s/root"
                state = "%1$s/state"
                disabled_plugins = ["io.containerd.grpc.v1.cri"]
                [grpc]
                  address = "%1$s/socket"
                """.formatted(folder));
        return new ProcessBuilder("setpriv", "--pdeathsig", "TERM", "containerd", "--config", configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(log(folder).toFile())
                .start();
    }

    private static Path log(Path folder) {
        return folder.resolve("log");
    }

    private CommandRunner.Result ctr(Path folder, String... arguments) throws ProcessException {
        List<String> line =
                new ArrayList<>(List.of("--address", folder.resolve("socket").toString()));
        line.addAll(List.of(arguments));
        return commands.run(Command.of(LIMIT, "ctr", line.toArray(String[]::new)));
    }
}
