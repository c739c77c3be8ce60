// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner;
import dev.sluice.linux.process.SystemCommands;
import dev.sluice.testkit.daemon.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * What {@code make dist} has made, where it was run: unpacked in a folder that it was not made for, and started there.
 * That happens inside the image's root file system, whose libc this machine's may be older than, with busybox as the
 * shell.
 */
class ArchiveTest {
    private static final Path IMAGE = Launcher.repository().resolve("target/image");
    private static final Duration DEADLINE = Duration.ofMinutes(2);

    private static final String SCRIPT = """
        set -e
        mount -t proc proc "$2/proc"
        mount -t tmpfs tmpfs "$2/tmp"
        mkdir "$2/tmp/bin"
        cp "$(command -v busybox)" "$2/tmp/bin/sh"
        for name in readlink dirname; do ln -s sh "$2/tmp/bin/$name"; done
        tar -C "$2/tmp" -xzf "$1"
        cd "$2/tmp"/sluice-*
        test -s sluice.service -a -s bom.json -a -s licenses/LICENSE
        exec chroot "$2" /tmp/bin/sh -c "export PATH=/tmp/bin:/usr/sbin SLUICE_JAVA_OPTS=-Xlog:aot=info:stdout
            exec sh /tmp/$(basename "$PWD")/sluice --version=raw"
        """;

    @Test
    void theUnpackedDaemonStartsAnywhereWithItsCache() throws Exception {
        Path archive = archive();
        Path root = IMAGE.resolve("amd64/rootfs");
        assumeTrue(Files.exists(archive) && Files.exists(root), "run 'make dist' first");
        CommandRunner.Result result = new SystemCommands()
                .run(Command.of(
                        DEADLINE, "unshare", "-m", "sh", "-c", SCRIPT, "-", archive.toString(), root.toString()));
        assertThat(result.succeeded()).as(result.output() + result.errors()).isTrue();
        assertThat(result.output()).contains("kube-proxy: v1.36", "Using AOT-linked classes: true");
    }

    private static Path archive() throws IOException {
        try (var files = Files.list(IMAGE)) {
            return files.filter(file -> file.getFileName().toString().endsWith("-linux-amd64.tar.gz"))
                    .findFirst()
                    .orElse(IMAGE.resolve("none"));
        } catch (NoSuchFileException e) {
            return IMAGE.resolve("none");
        }
    }
}
