// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.sysctl;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Files below /proc and /sys. Their size is 0, and a number below /proc/sys answers the first read only
 * (kernel/sysctl.c, {@code do_proc_dointvec}): a second read, at an offset, is the end of the file.
 * {@link Files#readString} begins with a read of one byte when the size is 0, and so gets one digit.
 */
public final class KernelFiles {
    /** More than any parameter has; longer files, such as tables, take several reads. */
    private static final int FIRST_READ = 1 << 14;

    private KernelFiles() {}

    /**
     * The content of {@code file}.
     *
     * @throws NoSuchFileException when there is none
     */
    public static String read(Path file) throws IOException {
        return new String(bytes(file), StandardCharsets.UTF_8);
    }

    /** The content of {@code file}, which need not be text, as {@link #read}. */
    public static byte[] bytes(Path file) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        // not a channel, which an interrupted thread cannot read
        try (InputStream from = open(file)) {
            byte[] buffer = new byte[FIRST_READ];
            for (int read = from.read(buffer); read > 0; read = from.read(buffer)) {
                content.write(buffer, 0, read);
            }
        }
        return content.toByteArray();
    }

    /** The lines of {@code file}. */
    public static List<String> lines(Path file) throws IOException {
        return read(file).lines().toList();
    }

    /**
     * Writes {@code value} at once.
     *
     * @throws IOException saying why not, and who can
     */
    public static void write(Path file, String value) throws IOException {
        try {
            Files.writeString(file, value, StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new IOException(reason(e) + remedy(file, value, e), e);
        }
    }

    private static InputStream open(Path file) throws IOException {
        try {
            return new FileInputStream(file.toFile());
        } catch (FileNotFoundException e) {
            FileSystemException better = Files.exists(file)
                    ? new AccessDeniedException(file.toString(), null, String.valueOf(e.getMessage()))
                    : new NoSuchFileException(file.toString());
            better.initCause(e);
            throw better;
        }
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        return e instanceof FileSystemException known && known.getReason() != null
                ? known.getReason()
                : String.valueOf(e.getMessage());
    }

    private static String remedy(Path file, String value, IOException e) {
        if (!isReadOnly(e)) {
            return " (it needs root with CAP_NET_ADMIN, and some values can only be set in the host's network namespace)";
        }
        return ": " + file + " is mounted read-only here. Run the daemon once before with --init-only and the same"
                + " settings where it is writable, in a privileged container, or have the host write " + value
                + " into it";
    }

    private static boolean isReadOnly(IOException e) {
        return e instanceof FileSystemException known
                && String.valueOf(known.getReason()).contains("Read-only file system");
    }
}
