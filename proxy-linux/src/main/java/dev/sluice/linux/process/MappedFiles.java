// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;

/** The files that are mapped into the memory of this process (proc_pid_smaps(5)). */
public final class MappedFiles {
    private static final Path MAPPINGS = Path.of("/proc/self/smaps");
    private static final int HEX = 16;
    private static final int PERMISSIONS = 4;

    private MappedFiles() {}

    /** Pages of a file that nobody can write and nobody has written. */
    record Clean(long address, long length) {}

    /**
     * Takes the clean pages of files out of this process. Those that it uses again come back from the page cache, by a
     * fault for 16 pages; what only a start has used stays out, and the kernel can do without it.
     *
     * @param file by path: only of files that nothing maps or unmaps meanwhile
     * @return the number of bytes whose pages were taken out, resident or not
     */
    public static long release(Predicate<String> file) throws IOException {
        long released = 0;
        for (Clean range : clean(KernelFiles.read(MAPPINGS), file)) {
            if (Libc.system().madvise(range.address(), range.length(), Linux.MADV_DONTNEED) == 0) {
                released += range.length();
            }
        }
        return released;
    }

    /**
     * The private mappings without the right to write of which no page was ever written: what the linker has written
     * before it took that right away would be lost, also from swap.
     */
    static List<Clean> clean(String smaps, Predicate<String> file) {
        List<Clean> found = new ArrayList<>();
        Iterator<String> lines = smaps.lines().iterator();
        String mapping = "";
        while (lines.hasNext()) {
            String line = lines.next();
            if (!isField(line)) {
                String path = path(line);
                mapping = isReadOnly(line) && !path.isEmpty() && file.test(path) ? line : "";
            } else if (!mapping.isEmpty() && line.startsWith("Anonymous:")) {
                mapping = isZero(line) ? mapping : "";
            } else if (!mapping.isEmpty() && line.startsWith("Swap:")) {
                if (isZero(line)) {
                    found.add(range(mapping));
                }
                mapping = "";
            }
        }
        return found;
    }

    /** Addresses are in lower case. */
    private static boolean isField(String line) {
        return line.isEmpty() || Character.isUpperCase(line.charAt(0));
    }

    private static boolean isReadOnly(String mapping) {
        int at = mapping.indexOf(' ') + 1;
        String permissions = mapping.substring(at, Math.min(at + PERMISSIONS, mapping.length()));
        return permissions.equals("r--p") || permissions.equals("r-xp");
    }

    private static String path(String mapping) {
        int at = mapping.indexOf('/');
        return at < 0 ? "" : mapping.substring(at);
    }

    private static boolean isZero(String field) {
        return field.endsWith(" 0 kB");
    }

    private static Clean range(String mapping) {
        int dash = mapping.indexOf('-');
        long begin = Long.parseUnsignedLong(mapping, 0, dash, HEX);
        return new Clean(begin, Long.parseUnsignedLong(mapping, dash + 1, mapping.indexOf(' '), HEX) - begin);
    }
}
