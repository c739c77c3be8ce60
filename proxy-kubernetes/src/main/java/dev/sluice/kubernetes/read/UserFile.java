// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Objects;

/**
 * Reads the files that operators write: configuration, kubeconfigs, manifests, tokens and certificates. Only a regular
 * file of at most {@link #MAX_BYTES} is read, directly or through links, so that no file costs more than its limit and
 * none makes the reader wait: a named pipe without a writer would block it for ever.
 */
public final class UserFile {
    /** The largest size of a file, in bytes. */
    public static final int MAX_BYTES = 4 << 20;

    private static final int ATTEMPTS = 3;
    private static final int TYPE_MASK = 0170000;
    private static final int NAMED_PIPE = 0010000;
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int BLOCK_DEVICE = 0060000;
    private static final int SOCKET = 0140000;

    private UserFile() {}

    /**
     * The content of {@code file}.
     *
     * @throws UnusableFileException when it is not a regular file, or too large
     * @throws IOException when it does not exist or cannot be read
     */
    public static byte[] read(Path file) throws IOException {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            BasicFileAttributes checked = regular(file);
            try (SeekableByteChannel channel = Files.newByteChannel(file)) {
                // the descriptor is that of the checked file if the path still leads there: Java has no fstat for the
                // rest
                if (Objects.equals(checked.fileKey(), regular(file).fileKey())) {
                    return content(channel);
                }
            }
        }
        throw new UnusableFileException(
                "it is replaced again and again while it is opened: replace it once, by rename");
    }

    /** {@link #read} as text in UTF-8. */
    public static String text(Path file) throws IOException {
        return new String(read(file), StandardCharsets.UTF_8);
    }

    private static BasicFileAttributes regular(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            throw new UnusableFileException(
                    "it is " + type(file, attributes) + ": put the text into a regular file, or link to one");
        }
        return attributes;
    }

    private static String type(Path file, BasicFileAttributes attributes) throws IOException {
        if (attributes.isDirectory()) {
            return "a directory";
        }
        return switch ((int) Files.getAttribute(file, "unix:mode") & TYPE_MASK) {
            case NAMED_PIPE -> "a named pipe";
            case CHARACTER_DEVICE, BLOCK_DEVICE -> "a device";
            case SOCKET -> "a socket";
            default -> "of an unknown type";
        };
    }

    /** Reads what {@code fstat} says is there and no more: a file of procfs says 0, and its read may block. */
    private static byte[] content(SeekableByteChannel channel) throws IOException {
        long size = channel.size();
        if (size > MAX_BYTES) {
            throw new UnusableFileException(
                    "it has " + size + " bytes, more than the limit of " + MAX_BYTES + ": split it into smaller files");
        }
        ByteBuffer buffer = ByteBuffer.allocate((int) size);
        while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
            // a read may return less than was requested
        }
        return buffer.hasRemaining() ? Arrays.copyOf(buffer.array(), buffer.position()) : buffer.array();
    }
}
