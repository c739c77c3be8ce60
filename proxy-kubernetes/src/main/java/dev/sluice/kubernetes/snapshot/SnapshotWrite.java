// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * A write of a snapshot that leaves the old one or the new one, whatever happens: into a file beside it, which is
 * renamed when the disk has it.
 */
final class SnapshotWrite {
    private static final String UNFINISHED = SnapshotFile.NAME + ".*.tmp";
    private static final Duration ABANDONED = Duration.ofMinutes(1);

    private final SnapshotFile target;
    private final SnapshotHeader header;
    private final List<byte[]> objects;

    SnapshotWrite(SnapshotFile target, SnapshotHeader header, List<byte[]> objects) {
        this.target = target;
        this.header = header;
        this.objects = objects;
    }

    /** Deletes what a process that was killed has left. One that still writes, as at a hand-over, is left alone. */
    static void removeAbandoned(SnapshotFile target) throws IOException {
        Instant before = Instant.now().minus(ABANDONED);
        try (DirectoryStream<Path> unfinished = Files.newDirectoryStream(target.directory(), UNFINISHED)) {
            for (Path file : unfinished) {
                if (Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
                        .toInstant()
                        .isBefore(before)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** Returns the number of bytes. */
    long run() throws IOException {
        Path unfinished = target.directory()
                .resolve(UNFINISHED.replace("*", UUID.randomUUID().toString()));
        try {
            long bytes = write(unfinished);
            Files.move(unfinished, target.path(), StandardCopyOption.ATOMIC_MOVE);
            forceDirectory();
            return bytes;
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private long write(Path file) throws IOException {
        ContentDigest checksum = new ContentDigest();
        try (FileChannel channel = FileChannel.open(
                        file,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16)) {
            byte[] first = header.line();
            checksum.add(first);
            put(out, first);
            for (byte[] object : objects) {
                checksum.add(object);
                put(out, object);
            }
            put(out, checksum.line());
            out.flush();
            channel.force(true);
            return channel.size();
        }
    }

    private static void put(OutputStream out, byte[] line) throws IOException {
        out.write(line);
        out.write('\n');
    }

    /** Without this the rename may be lost with the power. */
    private void forceDirectory() throws IOException {
        try (FileChannel directory = FileChannel.open(target.directory(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
