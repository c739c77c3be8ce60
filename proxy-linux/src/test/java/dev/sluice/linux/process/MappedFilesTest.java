// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.linux.process.MappedFiles.Clean;
import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MappedFilesTest {
    private static final Path MAPPINGS = Path.of("/proc/self/smaps");

    private static String mapping(String permissions, int anonymous, int swapped, String file) {
        return """
                7f0000001000-7f0000003000 %s 00000000 fe:00 4711                       %s
                Size:                  8 kB
                Rss:                   8 kB
                Anonymous:             %d kB
                Swap:                  %d kB
                VmFlags: rd mr mw me sd
                """.formatted(permissions, file, anonymous, swapped);
    }

    @ParameterizedTest
    @CsvSource({
        "r--p, 0, 0, /app/iptables.aot, 1",
        "r-xp, 0, 0, /jdk/lib/server/libjvm.so, 1",
        "rw-p, 0, 0, /app/iptables.aot, 0",
        "r--s, 0, 0, /app/iptables.aot, 0",
        "r--p, 4, 0, /app/iptables.aot, 0",
        "r--p, 0, 4, /app/iptables.aot, 0",
        "r--p, 0, 0, /lib/libc.so.6, 0",
        "r--p, 0, 0, '', 0",
    })
    void onlyPagesThatNobodyHasWrittenAreClean(
            String permissions, int anonymous, int swapped, String file, int expected) {
        String text = mapping("rw-p", 8, 0, "[heap]")
                + mapping(permissions, anonymous, swapped, file)
                + mapping("rw-p", 8, 0, "/app/iptables.aot");
        List<Clean> clean = MappedFiles.clean(text, path -> !path.contains("libc"));
        assertThat(clean).hasSize(expected).allMatch(new Clean(0x7f0000001000L, 0x2000)::equals);
    }

    /** The code of the virtual machine that runs this test. */
    @Test
    void whatIsReleasedIsNotResidentUntilItIsUsed() throws IOException {
        long before = residentCode();
        long released = MappedFiles.release(path -> path.endsWith("/libjvm.so"));
        long after = residentCode();
        assertThat(released).isGreaterThan(1 << 20);
        assertThat(after).isLessThan(before);
    }

    private static long residentCode() throws IOException {
        long kilobytes = 0;
        boolean code = false;
        for (String line : KernelFiles.lines(MAPPINGS)) {
            if (!Character.isUpperCase(line.charAt(0))) {
                code = line.endsWith("/libjvm.so") && line.contains(" r-xp ");
            } else if (code && line.startsWith("Rss:")) {
                kilobytes += Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return kilobytes;
    }
}
