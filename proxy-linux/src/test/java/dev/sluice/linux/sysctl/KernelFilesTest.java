// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.sysctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KernelFilesTest {
    /** Of a constant, or of a path that is written out. */
    private static final Pattern OTHER_READER =
            Pattern.compile("\\bFiles\\.(readString|readAllLines|readAllBytes|lines|newInputStream|newBufferedReader)"
                    + "\\(\\s*(Path\\.of\\(\"/(proc|sys)|[A-Z_]+\\b)");

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

    @Test
    void nobodyElseReadsFilesOfTheKernel() throws IOException {
        List<Path> sources;
        try (Stream<Path> files = Files.walk(Path.of(".."))) {
            sources = files.filter(file -> file.toString().matches(".*/src/main/java/.*\\.java"))
                    // loads no class of ours before it has looked: that could take one descriptor too many
                    .filter(file -> !file.endsWith("OpenFileLimit.java"))
                    .toList();
        }

        assertThat(sources).hasSizeGreaterThan(100);
        assertThat(sources).filteredOn(KernelFilesTest::readsByOtherMeans).isEmpty();
    }

    private static boolean readsByOtherMeans(Path source) {
        try {
            String text = Files.readString(source);
            return (text.contains("\"/proc") || text.contains("\"/sys"))
                    && OTHER_READER.matcher(text).find();
        } catch (IOException e) {
            throw new IllegalStateException(source.toString(), e);
        }
    }

    private static String[] command(String... line) throws IOException {
        return new String(new ProcessBuilder(line).start().getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toArray(String[]::new);
    }
}
