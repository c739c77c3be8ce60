// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.lab.Lab;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon in a container that has CAP_NET_ADMIN, and the kernel's parameters read-only. */
@Tag("slow")
class ReadOnlyKernelTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final List<String> READ_ONLY = List.of("unshare", "--mount", "sh", "-ec", """
            for part in /proc/sys /sys; do
                mount --rbind $part $part
                mount -o remount,bind,ro $part
            done
            exec "$@"
            """, "sh");
    private static final List<String> CONNTRACK =
            List.of("--conntrack-tcp-timeout-established=23h", "--conntrack-udp-timeout-stream=77s");

    @TempDir
    Path folder;

    @Test
    void startsAfterInitOnlyAndWritesNothing() throws Exception {
        try (Lab lab = Lab.create()) {
            try (DaemonProcess before = start(lab, List.of(), "--init-only")) {
                assertThat(before.awaitEnd(PATIENCE)).as(before.logText()).isZero();
                assertThat(before.logText()).contains("nf_conntrack_udp_timeout_stream is 77 now");
            }
            try (DaemonProcess daemon = start(lab, READ_ONLY)) {
                daemon.awaitReady(PATIENCE, IpFamily.values());
                assertThat(daemon.logText()).doesNotContain("nf_conntrack");
            }
        }
    }

    @Test
    void saysWhatMustBeSetAndWhere() throws Exception {
        try (Lab lab = Lab.create();
                DaemonProcess daemon = start(lab, READ_ONLY)) {
            assertThat(daemon.awaitEnd(PATIENCE)).isEqualTo(1);
            assertThat(daemon.logText())
                    .contains("cannot set net.netfilter.nf_conntrack_tcp_timeout_established from ")
                    .contains(" to 82800", "read-only", "--init-only", "=0 leaves the value alone");
        }
    }

    private DaemonProcess start(Lab lab, List<String> wrapper, String... flags) throws Exception {
        ManifestFolder manifests = new ManifestFolder(folder);
        List<String> all = new ArrayList<>(CONNTRACK);
        all.addAll(List.of(flags));
        DaemonOptions options = new DaemonOptions(ProxyMode.IPTABLES, manifests.flags(), all);
        Path log = folder.resolve("log" + flags.length);
        return DaemonProcess.start(lab.node(), wrapper, Main.class, options, log, Map.of());
    }
}
