// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class RunningKubeProxyTest extends NamespaceFixture {
    static final String HEALTH = """
        {"lastUpdated": "2026-11-29 03:00:00.1 +0000 UTC m=+0.5", \
        "currentTime": "2026-11-29 03:00:01 +0000 UTC","nodeEligible": true}\
        """;
    private static final KubeProxyPages PAGES = new KubeProxyPages(Set.of(local(10256)), Set.of(local(10249)));

    private static InetSocketAddress local(int port) {
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
    }

    private Optional<String> find() {
        return node.call(() -> new RunningKubeProxy(PAGES).find());
    }

    @Test
    void isFoundByItsProcessInThisNamespaceOnly() throws Exception {
        assertThat(find()).isEmpty();
        Process process = node.idle("kube-proxy", "--config=/etc/kube-proxy.conf");
        assertThat(find()).contains("a running kube-proxy (process " + process.pid() + ")");
        try (NodeNamespace other = new NodeNamespace(folder)) {
            assertThat(other.call(() -> new RunningKubeProxy(PAGES).find())).isEmpty();
        }
        process.destroyForcibly().waitFor();
        assertThat(find()).isEmpty();
    }

    @Test
    void isFoundInsideHyperkubeOnlyWhereThatRunsIt() throws Exception {
        Process kubelet = node.idle("hyperkube", "kubelet", "--v=2");
        assertThat(find()).isEmpty();
        kubelet.destroyForcibly().waitFor();
        Process proxy = node.idle("hyperkube", "proxy", "--v=2");
        assertThat(find()).hasValueSatisfying(text -> assertThat(text).contains("process " + proxy.pid()));
    }

    @Test
    void isFoundByItsHealthPageWithoutAProcessOfItsName() throws Exception {
        try (ServerSocket _ = node.serve(10256, HEALTH)) {
            assertThat(find()).contains("a running kube-proxy (127.0.0.1 port 10256 answers /healthz as it does)");
        }
        assertThat(find()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"iptables, true", "ipvs, true", "nftables, true", "404 page not found, false"})
    void isFoundByTheNameOfItsModeOnTheMetricsPort(String body, boolean found) throws Exception {
        node.serve(10249, body + "\n");
        assertThat(find().isPresent()).isEqualTo(found);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ok",
                "",
                "{\"status\":\"UP\"}",
                // a Sluice that waits itself
                "{\"lastUpdated\":\"\",\"currentTime\":\"\",\"healthy\":false,\"waitingFor\":\"x\"}"
            })
    void aPortThatAnswersSomethingElseIsNone(String body) throws Exception {
        node.serve(10256, body);
        assertThat(find()).isEmpty();
    }

    @Test
    void aServerThatNeverAnswersIsNone() throws Exception {
        try (ServerSocket silent = node.call(() -> new ServerSocket(10256, 50, InetAddress.ofLiteral("127.0.0.1")))) {
            assertThat(silent.isBound()).isTrue();
            assertThat(find()).isEmpty();
        }
    }
}
