// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.net.ServerSocket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Daemons as processes, beside each other and beside a kube-proxy, in a network namespace. */
@Tag("slow")
class TwoProxiesTest extends NamespaceFixture {
    private static final int PORT = 10256;
    private static final int SECOND_PORT = 20256;
    private static final String[] SECOND = {
        "--healthz-bind-address=127.0.0.1:" + SECOND_PORT, "--metrics-bind-address=127.0.0.1:20249"
    };
    private static final String LEFTOVERS = "add table ip kube-proxy; add chain ip kube-proxy services";

    /** All rules, without the table that a daemon makes for itself some time after its start. */
    private String rules() throws Exception {
        return node.run(0, "nft", "--stateless", "list", "ruleset")
                .replaceAll("(?s)table \\S+ sluice-nat-anchor \\{.*?\n\\}\n", "");
    }

    private void awaitNoLeftovers() {
        Attempts.until(NodeNamespace.PATIENCE, "the leftovers are removed", () -> {
            String rules = rules();
            return new Observation(!rules.contains("table ip kube-proxy"), rules);
        });
    }

    @Test
    void theSecondWaitsUntilTheFirstHasEnded() throws Exception {
        Process first = node.daemon("first.log");
        node.awaitPage(PORT, "/healthz", "200 OK");
        String before = rules();

        Process second = node.daemon("second.log", SECOND);
        node.awaitPage(SECOND_PORT, "/healthz", "503", "process " + first.pid(), "mode iptables");
        assertThat(node.page(SECOND_PORT, "/livez")).contains("200 OK", "\"healthy\":true");
        assertThat(node.log("second.log")).contains("waiting, not ready", "process " + first.pid());
        assertThat(rules()).isEqualTo(before);

        String refusal = node.run(1, node.daemonCommand("--cleanup"));
        assertThat(refusal).contains("process " + first.pid(), "mode iptables", "Nothing was changed");
        node.run(0, node.daemonCommand("--init-only"));
        assertThat(rules()).as("after --cleanup and --init-only").isEqualTo(before);
        assertThat(node.page(PORT, "/healthz")).contains("200 OK");

        first.destroyForcibly().waitFor();
        node.awaitPage(SECOND_PORT, "/healthz", "200 OK", "IPv4");
        second.destroy();
        assertThat(second.waitFor(NodeNamespace.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        node.run(0, node.daemonCommand("--cleanup"));
        assertThat(rules()).doesNotContain("KUBE-SERVICES");
    }

    @Test
    void nothingOfARunningKubeProxyIsTouchedUntilItHasEnded() throws Exception {
        node.run(0, "nft", LEFTOVERS);
        Process kubeProxy = node.idle("kube-proxy");
        ServerSocket health = node.serve(PORT, RunningKubeProxyTest.HEALTH);
        String before = rules();

        node.daemon("sluice.log", SECOND);
        node.awaitPage(SECOND_PORT, "/healthz", "503", "kube-proxy (process " + kubeProxy.pid(), "--take-over");
        assertThat(node.page(SECOND_PORT, "/livez")).contains("200 OK");
        kubeProxy.destroyForcibly().waitFor();
        node.awaitPage(SECOND_PORT, "/healthz", "503", "port 10256 answers /healthz");
        assertThat(rules()).isEqualTo(before);

        health.close();
        node.awaitPage(SECOND_PORT, "/healthz", "200 OK");
        awaitNoLeftovers();
    }

    @Test
    void cleanUpLeavesARunningKubeProxyAlone() throws Exception {
        node.run(0, "nft", LEFTOVERS);
        String before = rules();
        node.serve(PORT, RunningKubeProxyTest.HEALTH);
        assertThat(node.run(1, node.daemonCommand("--cleanup")))
                .contains("a running kube-proxy", "port 10256", "Nothing was changed");
        assertThat(rules()).isEqualTo(before);
    }

    @Test
    void takesOverFromAKubeProxyWhenToldTo() throws Exception {
        node.run(0, "nft", LEFTOVERS);
        node.idle("kube-proxy");
        node.daemon("sluice.log", SECOND[0], SECOND[1], "--take-over");
        node.awaitPage(SECOND_PORT, "/healthz", "200 OK");
        awaitNoLeftovers();
    }

    @Test
    void aModeThatCarriesTrafficItselfPassesTheLockToItsSuccessor() throws Exception {
        Process first = node.daemon("first.log", "--proxy-mode=userspace");
        node.awaitPage(PORT, "/healthz", "200 OK");
        Process second = node.daemon("second.log", "--proxy-mode=userspace");
        node.awaitLog("second.log", "took over from process " + first.pid());
        assertThat(first.isAlive()).isTrue();
        assertThat(node.log("second.log")).doesNotContain("waiting");

        node.daemon("third.log", SECOND);
        node.awaitPage(SECOND_PORT, "/healthz", "503", "process " + second.pid(), "mode userspace");
        first.destroy();
        assertThat(first.waitFor(NodeNamespace.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        node.awaitPage(PORT, "/healthz", "200 OK");
        assertThat(node.page(SECOND_PORT, "/healthz")).contains("503", "process " + second.pid());
        second.destroy();
        node.awaitPage(SECOND_PORT, "/healthz", "200 OK");
    }
}
