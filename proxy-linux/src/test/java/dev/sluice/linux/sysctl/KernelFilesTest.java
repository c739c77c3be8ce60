// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.sysctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class KernelFilesTest {
    @Test
    void readsAllDigits() throws Exception {
        String[] threads = command("cat", "/proc/sys/kernel/pid_max");

        assertThat(threads[0]).hasSizeGreaterThan(1);
        assertThat(KernelFiles.read(Path.of("/proc/sys/kernel/pid_max"))).isEqualTo(threads[0] + "\n");
    }

    @Test
    void readsWhatTakesSeveralReads() throws Exception {
        Path symbols = Path.of("/proc/kallsyms");

        assertThat(KernelFiles.read(symbols)).hasSizeGreaterThan(1 << 16).endsWith("\n");
        assertThat(KernelFiles.lines(Path.of("/proc/self/status"))).anyMatch(line -> line.startsWith("CapEff:"));
    }

    @Test
    void namesWhatIsMissing() {
        assertThatThrownBy(() -> KernelFiles.read(Path.of("/proc/sys/net/no_such_parameter")))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void anInterruptedThreadReads() throws Exception {
        Thread.currentThread().interrupt();
        try {
            assertThat(KernelFiles.read(Path.of("/proc/uptime"))).contains(" ");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    private static String[] command(String... line) throws IOException {
        return new String(new ProcessBuilder(line).start().getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toArray(String[]::new);
    }
}
