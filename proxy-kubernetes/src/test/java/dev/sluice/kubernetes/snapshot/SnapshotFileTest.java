// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
class SnapshotFileTest {
    private SnapshotFile file;

    @TempDir
    Path folder;

    @BeforeEach
    void aSnapshot() throws Exception {
        file = new SnapshotFile(folder.resolve("state"));
        file.prepare();
        assertThat(new SnapshotWrite(file, Samples.HEADER, Samples.lines()).run())
                .isEqualTo(Files.size(file.path()));
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        Snapshot read = file.read(Samples.OWNER);
        assertThat(read.header()).isEqualTo(Samples.HEADER);
        assertThat(read.objects())
                .extracting(ObjectLine::event)
                .containsExactly(
                        ObjectLine.of(Samples.SERVICE).event(),
                        ObjectLine.of(Samples.SLICE).event(),
                        ObjectLine.of(Samples.NODE).event(),
                        Samples.PEER,
                        Samples.RANGES);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.directory())))
                .isEqualTo("rwx------");
        try (Stream<Path> all = Files.list(file.directory())) {
            assertThat(all).containsExactly(file.path());
        }
    }

    @Test
    void everyTruncationIsNoticed() throws Exception {
        byte[] whole = Files.readAllBytes(file.path());
        for (int length = 0; length < whole.length; length++) {
            Files.write(file.path(), Arrays.copyOf(whole, length));
            expectUnusable(length == 0 ? "it is empty" : "it is cut off");
        }
        Files.write(file.path(), whole);
        assertThat(file.read(Samples.OWNER).objects()).hasSize(Samples.lines().size());
    }

    @Test
    @Tag("slow")
    void everyChangedByteIsNoticed() throws Exception {
        byte[] whole = Files.readAllBytes(file.path());
        for (int i = 0; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= 1;
            Files.write(file.path(), changed);
            expectUnusable("");
        }
    }

    @Test
    void anEditedOrLongerFileIsNotUsed() throws Exception {
        String whole = Files.readString(file.path());
        Files.writeString(file.path(), whole.replace("10.0.0.1", "10.0.0.9"));
        expectUnusable("its checksum is wrong: it was damaged or edited");
        Files.writeString(file.path(), whole + "{}\n");
        expectUnusable("its checksum is wrong");
        Files.writeString(file.path(), "apiVersion: v1\n");
        expectUnusable("it does not begin as a snapshot does");
        Files.writeString(file.path(), "{\"a\":\"" + "x".repeat(5 << 20) + "\"}\n");
        expectUnusable("a line of it is longer than");
    }

    @Test
    void aLaterFormatIsNamed() throws Exception {
        Files.writeString(file.path(), "{\"sluiceSnapshot\":4,\"writer\":\"9.1.0\",\"any\":[]}\n");
        expectUnusable("it has format 4, written by Sluice 9.1.0, and this Sluice reads formats up to 3");
    }

    /** As the Sluice before wrote it: without other nodes, and not saying so. */
    @Test
    void theFormatBeforeIsRead() throws Exception {
        Files.write(
                file.path(), getClass().getResourceAsStream("format-1.jsonl").readAllBytes());
        Snapshot read = file.read(Samples.OWNER);
        assertThat(read.header().peers()).isFalse();
        assertThat(read.objects())
                .extracting(ObjectLine::event)
                .containsExactly(
                        ObjectLine.of(Samples.SERVICE).event(),
                        ObjectLine.of(Samples.SLICE).event(),
                        ObjectLine.of(Samples.NODE).event());
    }

    @Test
    void anotherNodesOrClustersIsNotUsed() {
        expectUnusable(
                new SnapshotOwner(Samples.OWNER.server(), Samples.OWNER.authority(), "node-b"),
                "it is of node node-a, and this is node-b");
        expectUnusable(
                new SnapshotOwner("https://192.0.2.9:6443/", Samples.OWNER.authority(), "node-a"),
                "it is of the cluster at https://192.0.2.1:6443/, and this is at https://192.0.2.9:6443/");
        expectUnusable(
                new SnapshotOwner(Samples.OWNER.server(), "cd34", "node-a"), "with another certificate authority");
    }

    @Test
    void onlyARegularFileIsRead() throws Exception {
        Path elsewhere = Files.move(file.path(), folder.resolve("elsewhere"));
        Files.createSymbolicLink(file.path(), elsewhere);
        expectUnusable("it is a symbolic link, which is not followed");
        Files.delete(file.path());
        assertThat(new ProcessBuilder("mkfifo", file.path().toString()).start().waitFor())
                .isZero();
        expectUnusable("it is a named pipe, a device or a socket");
        Files.delete(file.path());
        Files.createDirectory(file.path());
        expectUnusable("it is a directory");
        Files.delete(file.path());
        assertThatThrownBy(() -> file.read(Samples.OWNER)).isInstanceOf(NoSuchFileException.class);
    }

    /** A write replaces whatever is there. */
    @Test
    void aLinkOrPipeIsReplacedByTheNextWrite() throws Exception {
        Path elsewhere = Files.writeString(folder.resolve("elsewhere"), "untouched");
        Files.delete(file.path());
        Files.createSymbolicLink(file.path(), elsewhere);
        new SnapshotWrite(file, Samples.HEADER, Samples.lines()).run();
        assertThat(file.read(Samples.OWNER).objects()).hasSize(Samples.lines().size());
        assertThat(elsewhere).hasContent("untouched");
    }

    @Test
    void aFileThatIsTooLargeIsNotRead() throws Exception {
        try (RandomAccessFile sparse = new RandomAccessFile(file.path().toFile(), "rw")) {
            sparse.setLength(SnapshotFile.MAX_BYTES + 1);
        }
        expectUnusable("it has 134217729 bytes, more than the limit of 134217728");
    }

    @Test
    void whatOthersMayWriteIsNotUsed() throws Exception {
        Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-rw----"));
        expectUnusable("it may be written by others (rw-rw----), who could direct the node's traffic");
        Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-------"));
        Files.setPosixFilePermissions(file.directory(), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(file::prepare)
                .isInstanceOf(UnusableSnapshotException.class)
                .hasMessageContaining("the directory may be written by others (rwxrwxrwx)");
        assumeTrue("root".equals(System.getProperty("user.name")), "only root gives files away");
        Files.setAttribute(file.path(), "unix:uid", 4711, LinkOption.NOFOLLOW_LINKS);
        expectUnusable("it belongs to user 4711");
    }

    @Test
    void aDirectoryThatIsNoneIsNamed() throws Exception {
        Path plain = Files.writeString(folder.resolve("plain"), "");
        assertThatThrownBy(() -> new SnapshotFile(plain).prepare())
                .isInstanceOf(UnusableSnapshotException.class)
                .hasMessage(plain + " is not a directory");
        SnapshotFile below = new SnapshotFile(folder.resolve("a/b/c"));
        below.prepare();
        assertThat(below.directory()).isDirectory();
    }

    @Test
    void whatAKilledProcessHasLeftIsRemoved() throws Exception {
        Path old = Files.writeString(file.directory().resolve("snapshot.jsonl.1.tmp"), "half");
        Path young = Files.writeString(file.directory().resolve("snapshot.jsonl.2.tmp"), "half");
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
        SnapshotWrite.removeAbandoned(file);
        assertThat(old).doesNotExist();
        assertThat(young).exists();
        assertThat(file.path()).exists();
    }

    /** Whoever reads meanwhile, or after a power failure, finds the old one or the new one. */
    @Test
    void aReaderNeverSeesHalfAWrite() throws Exception {
        Thread writer = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; i < 100; i++) {
                    new SnapshotWrite(file, Samples.HEADER, i % 2 == 0 ? List.of() : Samples.lines()).run();
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        int reads = 0;
        for (; writer.isAlive() || reads == 0; reads++) {
            assertThat(file.read(Samples.OWNER).objects().size())
                    .isIn(Set.of(0, Samples.lines().size()));
        }
        writer.join();
        assertThat(file.read(Samples.OWNER).objects()).hasSize(Samples.lines().size());
    }

    private void expectUnusable(String reason) {
        expectUnusable(Samples.OWNER, reason);
    }

    private void expectUnusable(SnapshotOwner user, String reason) {
        assertThatThrownBy(() -> file.read(user))
                .isInstanceOf(UnusableSnapshotException.class)
                .hasMessageContaining(reason);
    }
}
