// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.restart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.health.ProblemCause;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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
        try (ConfigFileWatch watch = new ConfigFileWatch(file, () -> {}, changes::incrementAndGet)) {
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
        try (ConfigFileWatch watch = new ConfigFileWatch(file, () -> {}, changes::incrementAndGet)) {
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
        try (ConfigFileWatch watch = new ConfigFileWatch(file, () -> {}, failingOnce)) {
            Files.writeString(file, "a: 2\n");
            await().atMost(SOON).until(() -> changes.get() == 2);
            assertThat(watch).isNotNull();
        }
    }

    @Test
    void whatTheProcessCouldNotStartWithIsRefusedUntilItIsGone() throws Exception {
        Path file = Files.writeString(folder.resolve("config.yaml"), "a: 1\n");
        ConfigFileWatch.Check check = () -> {
            if (text(file).contains("bad")) {
                throw new ConfigException(List.of("a: " + text(file).strip(), "and more"));
            }
        };
        try (ConfigFileWatch watch = new ConfigFileWatch(file, check, changes::incrementAndGet)) {
            ConfigStatus status = watch.status();
            assertThat(status.hash()).isEqualTo("37b128c59f1f5097f73f82691cb519f1f568667faab5ced1b4ab979d36837eae");
            Files.writeString(file, "a: bad\n");
            await().atMost(SOON).until(() -> !status.isUsable());
            assertThat(status.problems(Instant.now())).singleElement().satisfies(problem -> {
                assertThat(problem.cause()).isEqualTo(ProblemCause.CONFIGURATION_REFUSED);
                assertThat(problem.message()).contains("a: a: bad; and more");
            });
            Files.writeString(file, "a: 1\n");
            await().atMost(SOON).until(status::isUsable);
            Files.writeString(file, "a: bad again\n");
            await().atMost(SOON).until(() -> !status.isUsable());
            assertThat(changes).hasValue(0);
            Files.writeString(file, "a: 2\n");
            await().atMost(SOON).until(() -> changes.get() == 1);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aPipeInPlaceOfTheFileDoesNotStopTheWatch() throws Exception {
        Path file = Files.writeString(folder.resolve("config.yaml"), "a: 1\n");
        try (ConfigFileWatch watch = new ConfigFileWatch(file, () -> {}, changes::incrementAndGet)) {
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
