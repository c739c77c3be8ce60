// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import dev.sluice.core.model.ObjectRef;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The snapshot in its directory. Both must belong to the daemon's user or to root, and be writable by nobody else: who
 * writes the snapshot directs the node's traffic.
 */
final class SnapshotFile {
    /** That of some 80,000 Services with five endpoints each. */
    static final long MAX_BYTES = 128 << 20;

    static final String NAME = "snapshot.jsonl";

    private static final String OWNER = "unix:uid";
    private static final Path OWN_PROCESS = Path.of("/proc/self");
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private final Path directory;
    private final Path file;

    SnapshotFile(Path directory) {
        this.directory = directory;
        this.file = directory.resolve(NAME);
    }

    Path directory() {
        return directory;
    }

    Path path() {
        return file;
    }

    /** For problems. */
    ObjectRef ref() {
        return ObjectRef.ownFile(file.toString());
    }

    /** Makes the directory if it is missing, for its owner only, and checks it. */
    void prepare() throws IOException, UnusableSnapshotException {
        if (!Files.exists(directory)) {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        }
        if (!Files.isDirectory(directory)) {
            throw new UnusableSnapshotException(directory + " is not a directory");
        }
        requirePrivate("the directory", directory.toRealPath());
    }

    /**
     * Reads the snapshot. Nothing of it counts before its end has been read.
     *
     * @throws NoSuchFileException when there is none yet
     * @throws UnusableSnapshotException when it is not a whole snapshot of {@code user}
     */
    Snapshot read(SnapshotOwner user) throws IOException, UnusableSnapshotException {
        requireRegular();
        requirePrivate("it", file);
        try (FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
                InputStream in = new BufferedInputStream(Channels.newInputStream(channel), 1 << 16)) {
            if (channel.size() > MAX_BYTES) {
                throw new UnusableSnapshotException(
                        "it has " + channel.size() + " bytes, more than the limit of " + MAX_BYTES);
            }
            return new SnapshotParser(in).read(user);
        }
    }

    /** A named pipe without a writer would block who opens it for ever. */
    private void requireRegular() throws IOException, UnusableSnapshotException {
        PosixFileAttributes found = attributes(file);
        if (found.isSymbolicLink()) {
            throw new UnusableSnapshotException("it is a symbolic link, which is not followed");
        }
        if (!found.isRegularFile()) {
            throw new UnusableSnapshotException(
                    found.isDirectory() ? "it is a directory" : "it is a named pipe, a device or a socket");
        }
    }

    private static void requirePrivate(String what, Path path) throws IOException, UnusableSnapshotException {
        int owner = (int) Files.getAttribute(path, OWNER, LinkOption.NOFOLLOW_LINKS);
        if (owner != 0 && owner != (int) Files.getAttribute(OWN_PROCESS, OWNER)) {
            throw new UnusableSnapshotException(what + " belongs to user " + owner
                    + ", who could direct the node's traffic: make it the daemon's own");
        }
        Set<PosixFilePermission> granted = attributes(path).permissions();
        if (granted.contains(PosixFilePermission.GROUP_WRITE) || granted.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new UnusableSnapshotException(what + " may be written by others ("
                    + PosixFilePermissions.toString(granted)
                    + "), who could direct the node's traffic: chmod go-w");
        }
    }

    private static PosixFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }
}
