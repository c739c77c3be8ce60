// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ProxyMode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class JvmOptionsTest {
    @TempDir
    Path folder;

    private String base;
    private String addition;

    @BeforeEach
    void files() throws IOException {
        base = "@" + Files.writeString(folder.resolve("jvm.options"), "-XX:TieredStopAtLevel=1\n-Xmx64m\n");
        addition = "@" + Files.writeString(folder.resolve("jvm-userspace.options"), "-XX:TieredStopAtLevel=4\n");
    }

    @Test
    void theOptionsOfTheModeFollowThoseOfAll() {
        assertThat(better(ProxyMode.USERSPACE, "java", base, "-Xmx1g", "-jar", "x.jar", "--a"))
                .contains(List.of("java", base, addition, "-Xmx1g", "-jar", "x.jar", "--a"));
    }

    @Test
    void aModeWithoutAFileRunsWithTheOptionsOfAll() {
        assertThat(better(ProxyMode.IPTABLES, "java", base, "-jar", "x.jar")).isEmpty();
        assertThat(better(ProxyMode.IPVS, "java", base, "-jar", "x.jar")).isEmpty();
    }

    @Test
    void aProcessWithTheOptionsOfItsModeStays() {
        assertThat(better(ProxyMode.USERSPACE, "java", base, addition, "-jar", "x.jar"))
                .isEmpty();
    }

    @Test
    void aWrongGuessIsCorrected() throws IOException {
        String cache = "-XX:AOTCache=" + folder.resolve("aot/iptables.aot");
        String named = "-Dsluice.aot-cache=" + folder.resolve("aot/iptables.aot");
        assertThat(better(ProxyMode.IPTABLES, "java", base, addition, cache, "-jar", "x.jar"))
                .contains(List.of("java", base, cache, "-jar", "x.jar"));
        assertThat(better(ProxyMode.USERSPACE, "java", base, named, cache, "-jar", "x.jar"))
                .as("without a cache of its own")
                .contains(List.of("java", base, addition, named, cache, "-jar", "x.jar"));
        Path own =
                Files.writeString(Files.createDirectory(folder.resolve("aot")).resolve("userspace.aot"), "");
        assertThat(better(ProxyMode.USERSPACE, "java", base, named, cache, "-jar", "x.jar"))
                .contains(List.of(
                        "java", base, addition, "-Dsluice.aot-cache=" + own, "-XX:AOTCache=" + own, "-jar", "x.jar"));
    }

    @Test
    void theLauncherFindsTheMode() throws Exception {
        Path file = Files.writeString(folder.resolve("config.yaml"), "kind: KubeProxyConfiguration\nmode: 'ipvs'\n");
        Path json = Files.writeString(folder.resolve("config.json"), "{\"mode\":\"userspace\",\"x\":\"ipvs\"}");
        assertThat(modeOf()).isEqualTo("iptables");
        assertThat(modeOf("--v=4", "--proxy-mode=userspace")).isEqualTo("userspace");
        assertThat(modeOf("--proxy-mode", "ipvs", "--v", "4")).isEqualTo("ipvs");
        assertThat(modeOf("--config=" + file, "--proxy-mode=userspace")).isEqualTo("ipvs");
        assertThat(modeOf("--config", file.toString())).isEqualTo("ipvs");
        assertThat(modeOf("--config=" + folder.resolve("none"), "--proxy-mode=ipvs"))
                .isEqualTo("ipvs");
        assertThat(modeOf("--config=" + json)).isIn("userspace", "ipvs"); // a guess, which the daemon corrects
    }

    private static String modeOf(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("sh", "-euc", ". src/main/dist/launch.sh; find_mode \"$@\"; echo \"$mode\"", "launcher"));
        command.addAll(List.of(arguments));
        Process shell = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).as(output).isZero();
        return output.strip();
    }

    @Test
    void optionsOfOtherOriginStay() {
        assertThat(better(ProxyMode.USERSPACE, "java", "-Xmx1g", "-jar", "x.jar"))
                .isEmpty();
        assertThat(better(ProxyMode.USERSPACE, "java", "-jar", "x.jar", base)).isEmpty();
        assertThat(better(ProxyMode.USERSPACE, "java", "@/no/such/jvm.options", "-jar", "x.jar"))
                .isEmpty();
    }

    @Test
    void theProcessReplacesItselfAndKeepsItsIdArgumentsAndEnvironment() throws Exception {
        Path open = Files.writeString(folder.resolve("open"), "");
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), base));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(Replaced.class.getName(), open.toString(), "two words", "", "\u00e9"));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile());
        builder.environment().put("SLUICE_TEST", "kept");
        Process process = builder.start();
        assertThat(process.waitFor()).as("status").isZero();
        assertThat(Files.readAllLines(folder.resolve("output"), StandardCharsets.UTF_8).stream()
                        .filter(line -> line.startsWith("> ")))
                .containsExactly(
                        "> 1 " + process.pid(),
                        "> 4 " + process.pid(),
                        "> kept [" + open + ", two words, , \u00e9] files left open: 0");
    }

    private static Optional<List<String>> better(ProxyMode mode, String... arguments) {
        return JvmOptions.better(mode, List.of(arguments));
    }

    /** Prints which compiler it has and its id, asks for userspace mode's options, and prints what it was given. */
    static final class Replaced {
        public static void main(String[] arguments) throws Exception {
            String level = ManagementFactory.getPlatformMXBean(com.sun.management.HotSpotDiagnosticMXBean.class)
                    .getVMOption("TieredStopAtLevel")
                    .getValue();
            System.out.println("> " + level + " " + ProcessHandle.current().pid());
            Path open = Path.of(arguments[0]);
            if (level.equals("1")) {
                Files.newInputStream(open);
            }
            JvmOptions.suit(ProxyMode.USERSPACE);
            try (var files = Files.list(Path.of("/proc/self/fd"))) {
                long left = files.filter(file -> isLink(file, open)).count();
                System.out.println(
                        "> " + System.getenv("SLUICE_TEST") + " " + List.of(arguments) + " files left open: " + left);
            }
        }

        private static boolean isLink(Path file, Path target) {
            try {
                return Files.readSymbolicLink(file).equals(target);
            } catch (IOException e) {
                return false;
            }
        }
    }
}
