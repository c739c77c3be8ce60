// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import dev.sluice.kubernetes.read.StringPool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Parses a snapshot: a header, a line for each object, and the checksum of these lines. Used once. */
final class SnapshotParser {
    /** Above the largest object that etcd takes. */
    private static final int LONGEST_LINE = 4 << 20;

    private final InputStream in;
    private final ContentDigest checksum = new ContentDigest();

    /** @param in is buffered */
    SnapshotParser(InputStream in) {
        this.in = in;
    }

    /** Reads all lines, then judges what they say. */
    Snapshot read(SnapshotOwner user) throws IOException, UnusableSnapshotException {
        byte[] first = line();
        if (first == null) {
            throw new UnusableSnapshotException("it is empty");
        }
        SnapshotHeader header = SnapshotHeader.read(first);
        checksum.add(first);
        List<byte[]> objects = objectLines();
        Optional<String> difference = header.owner().difference(user);
        if (difference.isPresent()) {
            throw new UnusableSnapshotException(difference.get());
        }
        return new Snapshot(header, objects(objects));
    }

    private List<byte[]> objectLines() throws IOException, UnusableSnapshotException {
        List<byte[]> lines = new ArrayList<>();
        for (byte[] line = line(); line != null; line = line()) {
            if (ContentDigest.isAt(line)) {
                if (!Arrays.equals(line, checksum.line()) || line() != null) {
                    throw new UnusableSnapshotException("its checksum is wrong: it was damaged or edited");
                }
                return lines;
            }
            checksum.add(line);
            lines.add(line);
        }
        throw cutOff();
    }

    private static List<ObjectLine> objects(List<byte[]> lines) throws UnusableSnapshotException {
        StringPool strings = new StringPool();
        List<ObjectLine> objects = new ArrayList<>(lines.size());
        for (byte[] line : lines) {
            try {
                objects.add(ObjectLine.read(line, strings));
            } catch (UnusableSnapshotException e) {
                throw new UnusableSnapshotException(
                        "its line " + (objects.size() + 2) + " is not an object: " + e.getMessage());
            }
        }
        return objects;
    }

    /** The next line without its end; null at the end of the file. */
    private byte @Nullable [] line() throws IOException, UnusableSnapshotException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(512);
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                if (line.size() == 0) {
                    return null;
                }
                throw cutOff();
            }
            if (line.size() == LONGEST_LINE) {
                throw new UnusableSnapshotException("a line of it is longer than " + LONGEST_LINE + " bytes");
            }
            line.write(next);
        }
        return line.toByteArray();
    }

    private static UnusableSnapshotException cutOff() {
        return new UnusableSnapshotException("it is cut off: its end, with the checksum, is missing");
    }
}
