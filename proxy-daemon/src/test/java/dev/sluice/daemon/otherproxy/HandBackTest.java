// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ServerSocket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code --cleanup --wait-for-kube-proxy} as a process, in a network namespace. */
@Tag("slow")
class HandBackTest extends NamespaceFixture {
    private static final int HEALTH = 10256;
    private static final int METRICS = 10249;
    private static final String LOG = "hand-back.log";
    private static final String QUEUED = "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds 1.7e+09\n";
    private static final String SYNCED = "kubeproxy_sync_proxy_rules_last_timestamp_seconds 1.7e+09\n";

    private String rules() throws Exception {
        return node.run(0, "iptables-save") + node.run(0, "ip6tables-save");
    }

    @Test
    void everyRuleStaysUntilKubeProxysAreInForce() throws Exception {
        Process sluice = node.daemon("sluice.log", "--proxy-mode=userspace");
        node.awaitPage(HEALTH, "/healthz", "200 OK");
        Process command = node.start(LOG, node.daemonCommand("--cleanup", "--wait-for-kube-proxy"));
        node.awaitLog(LOG, "process " + sluice.pid());
        sluice.destroy();
        assertThat(sluice.waitFor(NodeNamespace.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        node.awaitLog(LOG, "no kube-proxy runs in this network namespace");

        node.idle("kube-proxy");
        node.awaitLog(LOG, "/proxyMode does not answer");
        node.serve(METRICS, "/proxyMode", "iptables", "/metrics", QUEUED);
        node.awaitLog(LOG, "has not synced every family yet");
        assertThat(rules()).contains("SLUICE-");
        assertThat(command.isAlive()).isTrue();
        command.destroyForcibly().waitFor();
        assertThat(rules()).contains("SLUICE-");
    }

    @Test
    void whatKubeProxyUsesStaysAndTheRestIsRemoved() throws Exception {
        Process sluice = node.daemon("sluice.log", "--proxy-mode=userspace");
        node.awaitPage(HEALTH, "/healthz", "200 OK");
        sluice.destroyForcibly().waitFor();
        node.run(0, "iptables", "-t", "nat", "-N", "KUBE-SERVICES");
        node.run(0, "iptables", "-t", "nat", "-A", "PREROUTING", "-j", "KUBE-SERVICES");
        node.run(0, "iptables", "-t", "nat", "-N", "DOCKER");
        node.run(0, "iptables", "-N", "KUBE-CIP-0123456789ABCDEF");
        node.serve(METRICS, "/proxyMode", "iptables", "/metrics", QUEUED + SYNCED);
        assertThat(rules()).contains("SLUICE-");

        node.run(0, node.daemonCommand("--cleanup", "--wait-for-kube-proxy"));

        assertThat(rules())
                .doesNotContain("SLUICE-", "KUBE-CIP-")
                .contains("-A PREROUTING -j KUBE-SERVICES", ":DOCKER");
    }

    @Test
    void whatCannotBeRemovedIsNotCalledHandedBack() throws Exception {
        Process sluice = node.daemon("sluice.log", "--proxy-mode=userspace");
        node.awaitPage(HEALTH, "/healthz", "200 OK");
        sluice.destroyForcibly().waitFor();
        String set = node.run(0, "ipset", "list", "-name")
                .lines()
                .filter(name -> name.startsWith("SLUICE-"))
                .findFirst()
                .orElseThrow();
        node.run(0, "iptables", "-N", "FOREIGN");
        node.run(0, "iptables", "-A", "FOREIGN", "-m", "set", "--match-set", set, "dst,dst,dst", "-j", "RETURN");
        for (String mode : new String[] {"nftables", "iptables"}) {
            ServerSocket kubeProxy = node.serve(METRICS, "/proxyMode", mode, "/metrics", QUEUED + SYNCED);
            String log = node.run(1, node.daemonCommand("--cleanup", "--wait-for-kube-proxy"));
            assertThat(log).contains(set);
            assertThat(log.lines()).noneMatch(line -> line.contains("handed back") && line.contains("IPv4"));
            kubeProxy.close();
        }
    }

    @Test
    void staysWhenToldTo() throws Exception {
        node.serve(METRICS, "/proxyMode", "iptables", "/metrics", QUEUED + SYNCED);
        Process command = node.start(LOG, node.daemonCommand("--cleanup", "--wait-for-kube-proxy", "--stay"));
        node.awaitLog(LOG, "handed back to kube-proxy, mode iptables");
        assertThat(command.waitFor(2, TimeUnit.SECONDS)).isFalse();
    }
}
