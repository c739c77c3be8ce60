// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.daemon.VariantHint;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.MachineSpeed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SIGTERM while an iptables tool of the daemon hangs, and ignores that signal. */
@Tag("slow")
class StopDuringToolTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    /** 128 and the number of SIGTERM. */
    private static final int TERMINATED = 143;

    private final MachineSpeed speed = MachineSpeed.measured();

    @TempDir
    Path folder;

    /** Userspace mode writes rules after the last sync, with the same tool, which then has five seconds a family. */
    @ParameterizedTest
    @CsvSource({"IPTABLES, NFT, 2", "IPTABLES, LEGACY, 2", "USERSPACE, NFT, 15"})
    void aRestoreIsKilledAtOnce(ProxyMode mode, Variant variant, int seconds) throws Exception {
        hangs(VariantHint.tool(variant, "-restore"));
        hangs(VariantHint.tool(variant, "-restore").replace("iptables", "ip6tables"));
        try (Lab lab = Lab.create()) {
            VariantHint.leave(lab.node(), variant);
            endsWithin(Duration.ofSeconds(seconds), lab, mode);
        }
    }

    @Test
    void aToolIsKilledBeforeTheDaemonIsUp() throws Exception {
        hangs("iptables");
        try (Lab lab = Lab.create()) {
            endsWithin(Duration.ofSeconds(2), lab, ProxyMode.IPTABLES);
        }
    }

    private void endsWithin(Duration limit, Lab lab, ProxyMode mode) throws Exception {
        DaemonOptions options =
                new DaemonOptions(mode, new ManifestFolder(folder.resolve("manifests")).flags(), List.of());
        Map<String, String> environment = Map.of("PATH", folder + ":" + System.getenv("PATH"));
        try (DaemonProcess daemon =
                DaemonProcess.start(lab.node(), List.of(), Main.class, options, folder.resolve("log"), environment)) {
            ProcessHandle tool = hanging(daemon);

            long begin = System.nanoTime();
            int status = daemon.terminate(PATIENCE);
            Duration took = Duration.ofNanos(System.nanoTime() - begin);

            assertThat(status).isEqualTo(TERMINATED);
            assertThat(took).as(daemon.logText()).isLessThan(speed.stretched(limit));
            Attempts.untilTrue(PATIENCE, "the tool has ended", () -> !tool.isAlive());
            assertThat(daemon.logText()).doesNotContain("has not finished");
        }
    }

    /** The process that a hanging tool waits for, once it runs. */
    private ProcessHandle hanging(DaemonProcess daemon) throws IOException {
        Path file = folder.resolve("pid");
        Attempts.until(PATIENCE, "a tool hangs", () -> {
            assertThat(daemon.isAlive()).as(daemon.logText()).isTrue();
            return new Attempts.Observation(
                    Files.exists(file) && Files.readString(file).endsWith("\n"), daemon.logText());
        });
        Optional<ProcessHandle> found =
                ProcessHandle.of(Long.parseLong(Files.readString(file).strip()));
        return found.orElseThrow();
    }

    private void hangs(String program) throws IOException {
        Path file = Files.writeString(
                folder.resolve(program),
                "#!/bin/sh\ntrap '' TERM\nsleep 1000 & echo $! > " + folder.resolve("pid") + "\nwait\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
