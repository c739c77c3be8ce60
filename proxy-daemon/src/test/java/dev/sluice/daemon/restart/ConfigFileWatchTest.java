// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.restart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileWatchTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final AtomicInteger changes = new AtomicInteger();

    @Test
    void anotherContentCountsAndOnlyThat() throws Exception {
        Path file = folder.resolve("config.yaml");
        Files.writeString(file, "a: 1\n");
        try (ConfigFileWatch watch = new ConfigFileWatch(file, changes::incrementAndGet)) {
            Files.writeString(file, "a: 1\n");
            Files.writeString(folder.resolve("other.yaml"), "b: 1\n");
            Files.delete(file);
            Files.writeString(file, "a: 1\n");
            await().during(Duration.ofMillis(500)).atMost(SOON).until(() -> changes.get() == 0);
            Files.writeString(file, "a: 2\n");
            await().atMost(SOON).until(() -> changes.get() == 1);
            assertThat(watch).isNotNull();
        }
    }

    /** As the kubelet mounts a ConfigMap: the file is a link through a link, and that one is replaced. */
    @Test
    void anExchangedLinkIsSeen() throws Exception {
        Path first = Files.createDirectory(folder.resolve("..2026_01"));
        Path second = Files.createDirectory(folder.resolve("..2026_02"));
        Files.writeString(first.resolve("config.yaml"), "a: 1\n");
        Files.writeString(second.resolve("config.yaml"), "a: 2\n");
        Files.createSymbolicLink(folder.resolve("..data"), first.getFileName());
        Path file = Files.createSymbolicLink(folder.resolve("config.yaml"), Path.of("..data", "config.yaml"));
        try (ConfigFileWatch watch = new ConfigFileWatch(file, changes::incrementAndGet)) {
            Path next = Files.createSymbolicLink(folder.resolve("..data_tmp"), second.getFileName());
            Files.move(next, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
            await().atMost(SOON).until(() -> changes.get() == 1);
            assertThat(watch).isNotNull();
        }
    }

    @Test
    void aChangeThatCannotBeReportedIsReportedAgain() throws Exception {
        Path file = Files.writeString(folder.resolve("config.yaml"), "a: 1\n");
        Runnable failingOnce = () -> {
            if (changes.incrementAndGet() == 1) {
                throw new StackOverflowError("for the test");
            }
        };
        try (ConfigFileWatch watch = new ConfigFileWatch(file, failingOnce)) {
            Files.writeString(file, "a: 2\n");
            await().atMost(SOON).until(() -> changes.get() == 2);
            assertThat(watch).isNotNull();
        }
    }

    @Test
    void aPipeInPlaceOfTheFileDoesNotStopTheWatch() throws Exception {
        Path file = Files.writeString(folder.resolve("config.yaml"), "a: 1\n");
        try (ConfigFileWatch watch = new ConfigFileWatch(file, changes::incrementAndGet)) {
            Files.delete(file);
            Process mkfifo =
                    new ProcessBuilder("mkfifo", file.toString()).inheritIO().start();
            assertThat(mkfifo.waitFor()).isZero();
            Path next = Files.writeString(folder.resolve("next.yaml"), "a: 2\n");
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            await().atMost(SOON).until(() -> changes.get() == 1);
            assertThat(watch).isNotNull();
        }
    }
}
