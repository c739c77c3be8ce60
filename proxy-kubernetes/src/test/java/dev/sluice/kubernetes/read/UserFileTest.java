// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserFileTest {
    @TempDir
    Path directory;

    @Test
    void readsARegularFileAndLinksToIt() throws IOException {
        Path volume = Files.createDirectory(directory.resolve("..2026"));
        Files.writeString(volume.resolve("a.yaml"), "a: 1\n");
        Path data = Files.createSymbolicLink(directory.resolve("..data"), volume.getFileName());
        Path mounted = Files.createSymbolicLink(directory.resolve("a.yaml"), Path.of("..data", "a.yaml"));

        assertThat(UserFile.read(mounted)).asString().isEqualTo("a: 1\n");
        assertThat(UserFile.read(data.resolve("a.yaml"))).asString().isEqualTo("a: 1\n");
    }

    @Test
    void aNamedPipeIsRefusedWithoutWaitingForAWriter() throws Exception {
        Path pipe = namedPipe(directory.resolve("a.yaml"));
        Path link = Files.createSymbolicLink(directory.resolve("b.yaml"), pipe);

        for (Path file : new Path[] {pipe, link}) {
            Assertions.assertTimeoutPreemptively(
                    Duration.ofSeconds(20),
                    () -> assertThatThrownBy(() -> UserFile.read(file))
                            .isInstanceOf(UnusableFileException.class)
                            .hasMessage("it is a named pipe: put the text into a regular file, or link to one"));
        }
    }

    @Test
    void aDeviceAndADirectoryAreRefused() throws IOException {
        Path device = Files.createSymbolicLink(directory.resolve("zero.yaml"), Path.of("/dev/zero"));

        assertThatThrownBy(() -> UserFile.read(device)).hasMessageContaining("it is a device");
        assertThatThrownBy(() -> UserFile.read(directory)).hasMessageContaining("it is a directory");
    }

    @Test
    void whatIsMissingIsNotUnusable() {
        assertThatThrownBy(() -> UserFile.read(directory.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void theLimitIsOnTheSize() throws IOException {
        Path file = directory.resolve("a.yaml");
        try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
            large.setLength(UserFile.MAX_BYTES);
            assertThat(UserFile.read(file)).hasSize(UserFile.MAX_BYTES);
            large.setLength(UserFile.MAX_BYTES + 1L);
        }
        assertThatThrownBy(() -> UserFile.read(file))
                .isInstanceOf(UnusableFileException.class)
                .hasMessage("it has 4194305 bytes, more than the limit of 4194304: split it into smaller files");
    }

    @Test
    void aFileOfProcfsIsEmptyBecauseItsReadMayBlock() throws IOException {
        assertThat(UserFile.read(Path.of("/proc/kmsg"))).isEmpty();
    }

    static Path namedPipe(Path path) throws IOException, InterruptedException {
        Process mkfifo =
                new ProcessBuilder("mkfifo", path.toString()).inheritIO().start();
        assertThat(mkfifo.waitFor()).isZero();
        return path;
    }
}
