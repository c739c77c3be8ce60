// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class OpenFileLimitTest {
    private static final List<String> LIMITS = """
        Limit                     Soft Limit           Hard Limit           Units
        Max cpu time              unlimited            unlimited            seconds
        Max open files            1024                 524288               files
        """.lines().toList();

    /** Runs the command in a JVM under {@code limit}, without the right to raise it, and returns what it says. */
    private static String run(String limit, int exitCode) throws Exception {
        Process process = new ProcessBuilder(
                        "setpriv",
                        "--bounding-set=-sys_resource",
                        "--inh-caps=-sys_resource",
                        "sh",
                        "-c",
                        "ulimit " + limit + "; exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.sluice.daemon.Main",
                        "--version")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isEqualTo(exitCode);
        return output;
    }

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 64, 255})
    @EnabledIf(value = "isRoot", disabledReason = "only root has the capability that the test gives up")
    void aLimitThatIsTooLowIsOneLine(int limit) throws Exception {
        assertThat(run("-n " + limit, 1).lines())
                .singleElement()
                .asString()
                .startsWith("Error: this process may open " + limit + " files, and needs 256")
                .contains("LimitNOFILE", "CAP_SYS_RESOURCE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-n 256", "-Sn 64"})
    @EnabledIf(value = "isRoot", disabledReason = "only root has the capability that the test gives up")
    void aSoftLimitIsRaisedAndTheLeastLimitIsEnough(String limit) throws Exception {
        assertThat(run(limit, 0)).startsWith("Sluice ");
    }

    @Test
    void bothLimitsAreRead() {
        assertThat(OpenFileLimit.limit(LIMITS, 0)).isEqualTo(1024);
        assertThat(OpenFileLimit.limit(LIMITS, 1)).isEqualTo(524288);
        assertThat(OpenFileLimit.limit(List.of("Max open files   1024   unlimited   files"), 1))
                .isEqualTo(Long.MAX_VALUE);
    }
}
