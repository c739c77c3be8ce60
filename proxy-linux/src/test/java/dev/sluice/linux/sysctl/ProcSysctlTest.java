// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.sysctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.linux.namespace.NetworkNamespace;
import java.io.FileNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ProcSysctlTest {
    private static final String NAME = "net.ipv4.conf.all.route_localnet";
    private static final String KEEPALIVE = "net.ipv4.tcp_keepalive_time";

    @TempDir
    Path root;

    @Test
    void readsAndWrites() throws Exception {
        Path file = Files.createDirectories(root.resolve("net/ipv4")).resolve("ip_forward");
        Files.writeString(file, "0\n");
        ProcSysctl sysctl = new ProcSysctl(root);

        assertThat(sysctl.read("net.ipv4.ip_forward")).contains("0");
        assertThat(sysctl.set("net/ipv4/ip_forward", "1")).isTrue();
        assertThat(sysctl.set("net.ipv4.ip_forward", "1"))
                .as("it has that value")
                .isFalse();
        assertThat(Files.readString(file)).isEqualTo("1");
    }

    @Test
    void aNameWithSlashesKeepsItsDots() throws Exception {
        Path folder = Files.createDirectories(root.resolve("net/ipv4/conf/eth0.7"));
        Files.writeString(folder.resolve("rp_filter"), "2\n");

        assertThat(new ProcSysctl(root).read("net/ipv4/conf/eth0.7/rp_filter")).contains("2");
    }

    @Test
    void namesWhatIsMissing() throws Exception {
        ProcSysctl sysctl = new ProcSysctl(root);

        assertThat(sysctl.read("net.ipv4.vs.conntrack")).isEmpty();
        assertThatThrownBy(() -> sysctl.set("net.ipv4.vs.conntrack", "1"))
                .isInstanceOf(FileNotFoundException.class)
                .hasMessageContaining("net.ipv4.vs.conntrack")
                .hasMessageContaining("module");
    }

    @Test
    void actsOnTheNamespaceOfTheCallingThread() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        ProcSysctl sysctl = new ProcSysctl();
        String outside = sysctl.read(NAME).orElseThrow();
        String other = outside.equals("0") ? "1" : "0";
        try (NetworkNamespace namespace = NetworkNamespace.create("sysctl")) {
            boolean written = namespace.call(() -> sysctl.set(NAME, other) || sysctl.set(NAME, outside));

            assertThat(written).isTrue();
            assertThat(namespace.call(() -> sysctl.set(NAME, other))).isFalse();
            assertThat(namespace.call(() -> sysctl.read(NAME))).contains(other);
            assertThat(sysctl.read(NAME)).contains(outside);
        }
    }

    @Test
    void aNumberOfSeveralDigitsIsNotWrittenAgain() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        ProcSysctl sysctl = new ProcSysctl();
        try (NetworkNamespace namespace = NetworkNamespace.create("sysctl")) {
            assertThat(namespace.call(() -> sysctl.set(KEEPALIVE, "7301"))).isTrue();
            assertThat(namespace.call(() -> sysctl.read(KEEPALIVE))).contains("7301");
            assertThat(namespace.call(() -> sysctl.set(KEEPALIVE, "7301"))).isFalse();
        }
    }
}
