// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** A full and a read-only file system: a small one in a mount namespace, which ends with the process. */
@EnabledIf(value = "isRoot", disabledReason = "mounts need root")
@Tag("slow")
class DiskTest {
    private static final String BEGIN = "mount -t tmpfs -o size=64k,mode=0700 none \"$0\" && ";
    private static final String JAVA = "\"$1\" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx64m -cp \"$2\" "
            + WriteOnce.class.getName() + " \"$0\" ";

    @TempDir
    Path folder;

    @TempDir
    Path logs;

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    @Test
    void onAFullDiskTheOneBeforeStays() throws Exception {
        assertThat(run(BEGIN + JAVA + "1 && " + JAVA + "100 && ls -A \"$0\""))
                .containsExactly(
                        "prepare: done",
                        "read: none",
                        "write: done",
                        "read: 5",
                        "prepare: done",
                        "read: 5",
                        "write: No space left on device",
                        "read: 5",
                        "snapshot.jsonl");
    }

    @Test
    void onAReadOnlyFileSystemTheOneBeforeIsUsed() throws Exception {
        assertThat(run(BEGIN + JAVA + "1 && mount -o remount,ro none \"$0\" && " + JAVA + "2"))
                .endsWith("prepare: done", "read: 5", "write: Read-only file system", "read: 5");
    }

    private List<String> run(String script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "unshare",
                        "--mount",
                        "--propagation",
                        "private",
                        "sh",
                        "-c",
                        script,
                        folder.toString(),
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        System.getProperty("java.class.path"))
                .redirectErrorStream(true)
                .redirectOutput(logs.resolve("log").toFile())
                .start();
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly();
        }
        return Files.readAllLines(logs.resolve("log"));
    }
}
