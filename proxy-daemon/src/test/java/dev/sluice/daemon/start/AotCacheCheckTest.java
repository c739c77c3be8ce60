// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class AotCacheCheckTest {
    @TempDir
    Path folder;

    private Path jar;

    /** A cache holds only classes of jars. */
    @BeforeEach
    void pack() throws IOException {
        jar = folder.resolve("check.jar");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (Class<?> packed : List.of(AotCacheCheck.class, Checked.class, KernelFiles.class)) {
                String name = packed.getName().replace('.', '/') + ".class";
                zip.putNextEntry(new ZipEntry(name));
                try (InputStream bytes = packed.getClassLoader().getResourceAsStream(name)) {
                    requireNonNull(bytes).transferTo(zip);
                }
            }
        }
    }

    @Test
    void noCacheIsNoProblem() {
        assertThat(AotCacheCheck.problem("", "")).isEmpty();
    }

    @Test
    void aCacheThatIsMappedIsUsed() throws Exception {
        Path cache = folder.resolve("good.aot");
        run("-XX:AOTCacheOutput=" + cache);
        assertThat(cache).exists();
        assertThat(run("-XX:AOTCache=" + cache)).endsWith("problem: none");
    }

    @Test
    void aCacheThatTheJvmIgnoresIsReported() throws Exception {
        Path cache = Files.writeString(folder.resolve("bad.aot"), "no cache");
        assertThat(run("-XX:AOTCache=" + cache)).contains(cache + " is not of these jars");
        assertThat(run("-XX:AOTCache=" + folder.resolve("none"))).contains("none is not there");
    }

    private String run(String option) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:+UseSerialGC",
                        "-Xlog:disable",
                        option,
                        "-cp",
                        jar.toString(),
                        Checked.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output.strip();
    }

    static final class Checked {
        public static void main(String[] arguments) {
            System.out.println("problem: " + AotCacheCheck.problem().orElse("none"));
        }
    }
}
