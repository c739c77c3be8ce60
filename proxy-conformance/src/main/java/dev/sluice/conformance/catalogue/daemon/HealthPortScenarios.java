// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.daemon;

import static dev.sluice.conformance.scenario.EndpointTemplate.endpoint;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.net.Protocol.TCP;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.assertj.core.api.Assertions;

/** The health check node ports that load balancers query. */
public final class HealthPortScenarios {
    private static final String WEIGHT = "x-load-balancing-endpoint-weight: ";

    private HealthPortScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("health-port", "216, 222", "with a local endpoint the health check node port says 200")
                        .given(web("a2", "b2").healthCheck())
                        .act("200 and its body", HealthPortScenarios::expectOne)
                        .build(),
                scenario("health-port-empty", "217", "without a local endpoint the health check node port says 503")
                        .given(web().healthCheck(), http("empty").healthCheck())
                        .act("503, weight 0", stage -> expect(stage, "web", 503, 0))
                        .act("503 without any endpoint", stage -> expect(stage, "empty", 503, 0))
                        .given(web("a2", "b2").healthCheck())
                        .act("200 once one is here", stage -> expect(stage, "web", 200, 1))
                        .build(),
                scenario("health-port-two-ports", "218", "endpoints are counted by address, not by port")
                        .given(service("web")
                                .port("http", TCP, 80, 8080)
                                .port("admin", TCP, 81, 8081)
                                .on("a2", "a3", "b2")
                                .healthCheck())
                        .act("two", stage -> expect(stage, "web", 200, 2))
                        .build(),
                scenario("health-port-terminating", "219", "a terminating endpoint serves but is not healthy")
                        .given(web(endpoint("a2").servingTerminating()).healthCheck())
                        .act("503", stage -> expect(stage, "web", 503, 0))
                        .then(fromClient().toOutside("web", 80), reaches("a2"))
                        .build(),
                scenario("health-port-busy", "220", "a taken health check node port is reported and tried again")
                        .act("another program has the port", HealthPortScenarios::busy)
                        .build(),
                scenario("health-port-policy", "221", "with policy Cluster the health check node port is closed")
                        .given(web("a2").healthCheck())
                        .act("open", stage -> expect(stage, "web", 200, 1))
                        .given(web("a2").loadBalancer())
                        .act("closed", stage -> expectClosed(stage, "web"))
                        .given(web("a2").healthCheck())
                        .act("open again", stage -> expect(stage, "web", 200, 1))
                        .given()
                        .act("closed with the Service", stage -> expectClosed(stage, "web"))
                        .build(),
                scenario("health-port-firewall", "119", "a rule lets the health check through a closed INPUT")
                        .in(IPTABLES, IPVS)
                        .given(web("a2").healthCheck())
                        .act("INPUT drops the port at its end", HealthPortScenarios::behindFirewall)
                        .build(),
                scenario("health-port-families", "140, 216", "each family answers for itself")
                        .once()
                        .given(
                                service("web")
                                        .dualStack()
                                        .port(80, 8080)
                                        .on("a2")
                                        .healthCheck(),
                                http("four").on("a2").healthCheck())
                        .act("both", stage -> {
                            for (IpFamily family : IpFamily.values()) {
                                stage.eventually(
                                        "200 in " + family,
                                        () -> ask(stage, "web", family).status() == 200);
                            }
                        })
                        .act("one", stage -> {
                            expect(stage, "four", 200, 1);
                            Assertions.assertThat(call(stage, "four", IpFamily.IPV6))
                                    .isInstanceOf(Outcome.Refused.class);
                        })
                        .build(),
                scenario(
                                "health-port-restricted",
                                "84, 216",
                                "health checks are answered on the configured ranges only")
                        .in(IPTABLES)
                        .setup(DaemonSetup.DEFAULT.with("--nodeport-addresses=192.168.10.0/24,fd00:10::/64"))
                        .given(web("a2").healthCheck())
                        .act(
                                "in the range",
                                stage -> stage.eventually(
                                        "200 on the first address",
                                        () -> HttpPage.get(
                                                                stage.lab().client(),
                                                                stage.lab()
                                                                        .node()
                                                                        .address(stage.family()),
                                                                port(stage, "web"),
                                                                "/")
                                                        .status()
                                                == 200))
                        .act("not outside of it", stage -> expectClosed(stage, "web"))
                        .build());
    }

    private static int port(Stage stage, String service) {
        return stage.allotment().nodePort(ServiceTemplate.healthCheckName(service));
    }

    private static HttpPage ask(Stage stage, String service, IpFamily family) throws IOException {
        return HttpPage.get(stage.lab().client(), address(stage, family), port(stage, service), "/any/path");
    }

    private static Outcome call(Stage stage, String service, IpFamily family) {
        return stage.lab().client().tcp(address(stage, family), port(stage, service));
    }

    /** In nftables mode the default of node ports is the first address alone, and so is that of health checks. */
    private static IpAddress address(Stage stage, IpFamily family) {
        return stage.mode() == NFTABLES
                ? LabAddresses.of(LabAddresses.NODE_A, family)
                : LabAddresses.secondOfNode(family);
    }

    private static void expect(Stage stage, String service, int status, int weight) {
        Callable<Boolean> check = () -> {
            HttpPage page = ask(stage, service, stage.family());
            return page.status() == status
                    && page.headers().toLowerCase(Locale.ROOT).contains(WEIGHT + weight)
                    && page.body().contains("\"localEndpoints\": " + weight);
        };
        stage.eventually("health check of " + service + ": " + status + ", weight " + weight, check);
    }

    private static void expectClosed(Stage stage, String service) {
        stage.eventually(
                "health check node port of " + service + " refuses",
                () -> call(stage, service, stage.family()) instanceof Outcome.Refused);
    }

    private static void expectOne(Stage stage) throws IOException {
        expect(stage, "web", 200, 1);
        HttpPage page = ask(stage, "web", stage.family());
        Assertions.assertThat(page.headers().toLowerCase(Locale.ROOT))
                .contains("content-type: application/json", "x-content-type-options: nosniff");
        Assertions.assertThat(page.body())
                .isEqualTo("{\n\t\"service\": {\n\t\t\"namespace\": \""
                        + stage.allotment().namespace()
                        + "\",\n"
                        + "\t\t\"name\": \"web\"\n"
                        + "\t},\n"
                        + "\t\"localEndpoints\": 1,\n"
                        + "\t\"serviceProxyHealthy\": true\n"
                        + "}");
    }

    private static void busy(Stage stage) throws IOException {
        int port = port(stage, "web");
        IpAddress any = IpAddress.of(stage.family() == IpFamily.IPV4 ? "0.0.0.0" : "::");
        try (ServerSocketChannel taken = stage.lab()
                .node()
                .call(() -> ServerSocketChannel.open().bind(new InetSocketAddress(any.toInetAddress(), port)))) {
            Assertions.assertThat(taken.isOpen()).isTrue();
            stage.given(List.of(web("a2").healthCheck(), http("other").on("a2").healthCheck()));
            expect(stage, "other", 200, 1);
            stage.check(fromPod("a3").to("web", 80), reaches("a2"));
            NodeState.expectLogged(
                    stage,
                    "Service " + stage.allotment().namespace() + "/web: health check node port " + port
                            + " cannot listen");
        }
        expect(stage, "web", 200, 1);
    }

    private static void behindFirewall(Stage stage) {
        LabHost node = stage.lab().node();
        String tool = NodeState.tool(stage, "");
        String port = Integer.toString(port(stage, "web"));
        String unserved = Integer.toString(stage.allotment().nodePort("nobody"));
        node.run(tool, "-w", "-A", "INPUT", "-p", "tcp", "--dport", port, "-j", "DROP")
                .orThrow();
        node.run(tool, "-w", "-A", "INPUT", "-p", "tcp", "--dport", unserved, "-j", "DROP")
                .orThrow();
        expect(stage, "web", 200, 1);
        Assertions.assertThat(
                        stage.lab().client().tcp(LabAddresses.secondOfNode(stage.family()), Integer.parseInt(unserved)))
                .as("what such a rule does to a port that is nobody's")
                .isInstanceOf(Outcome.TimedOut.class);
    }
}
