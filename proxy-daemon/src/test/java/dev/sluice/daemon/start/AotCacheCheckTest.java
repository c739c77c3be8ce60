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
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
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
    void noCacheIsNoProblem() throws Exception {
        assertThat(run()).endsWith("problem: none");
    }

    @Test
    void aCacheThatIsMappedIsUsed() throws Exception {
        Path cache = train();
        assertThat(run("-XX:AOTCache=" + cache, named(cache))).endsWith("problem: none");
    }

    @Test
    void aCacheThatTheJvmIgnoresIsReportedWithTheReason() throws Exception {
        Path cache = Files.writeString(folder.resolve("bad.aot"), "no cache");
        Files.setLastModifiedTime(jar, FileTime.fromMillis(0));
        assertThat(run("-XX:AOTCache=" + cache, named(cache)))
                .contains(cache + " is not used", "by another Java or with other options");
        Path none = folder.resolve("none");
        assertThat(run("-XX:AOTCache=" + none, named(none))).contains("it is not there");
    }

    /** The launcher leaves the option out then, since the JVM would run the old classes. */
    @Test
    void aCacheOlderThanAJarIsReported() throws Exception {
        Path cache = Files.writeString(folder.resolve("old.aot"), "");
        Files.setLastModifiedTime(cache, FileTime.fromMillis(0));
        assertThat(run(named(cache))).contains("check.jar is newer");
    }

    private Path train() throws Exception {
        Path cache = folder.resolve("good.aot");
        run("-XX:AOTCacheOutput=" + cache);
        assertThat(cache).exists();
        return cache;
    }

    private static String named(Path cache) {
        return "-Dsluice.aot-cache=" + cache;
    }

    private String run(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(), "-XX:+UseSerialGC", "-Xlog:disable"));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", jar.toString(), Checked.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
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
