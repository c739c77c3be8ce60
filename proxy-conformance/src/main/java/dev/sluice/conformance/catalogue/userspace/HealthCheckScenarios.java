// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static dev.sluice.conformance.scenario.EndpointTemplate.endpoint;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.catalogue.userspace.CheckedPod.Behaviour;
import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.observe.ServiceMetrics;
import dev.sluice.conformance.scenario.EndpointTemplate;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import java.io.IOException;
import java.util.List;

/** Health checks that a Service requests, in userspace mode. */
public final class HealthCheckScenarios {
    /** Requests a check. */
    public static final String HEALTH_CHECK = "sluice.dev/health-check";

    private static final Probe WEB = fromPod("a3").to("web", 80);
    private static final String UNHEALTHY = "sluice_service_unhealthy_endpoints";

    private HealthCheckScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario(
                                "health-check-http",
                                "-",
                                "an endpoint that accepts and stays silent, or answers with an error, is left out"
                                        + " until its checks pass; when all fail all are used")
                        .in(USERSPACE)
                        .act("two Pods, one behaves badly", HealthCheckScenarios::silent)
                        .build(),
                scenario(
                                "health-check-tcp",
                                "-",
                                "an endpoint that takes no connection is left out, and one that takes some is not")
                        .in(USERSPACE)
                        .given(service("web")
                                .port(80, 8080)
                                .on(endpoint("b2"), endpoint("b3"), endpoint(EndpointTemplate.BLACK_HOLE))
                                .annotation(HEALTH_CHECK, "tcp")
                                .annotation(HEALTH_CHECK + "-interval", "1s")
                                .annotation(HEALTH_CHECK + "-timeout", "300ms"))
                        .act("it is named", HealthCheckScenarios::unreachable)
                        .then(WEB.times(12), reaches("b2", "b3").each())
                        .build(),
                scenario(
                                "health-check-own-path",
                                "-",
                                "checks come from the node and meet no redirection, whoever has the endpoint as portal")
                        .in(USERSPACE)
                        .act("a stranger names the endpoint", HealthCheckScenarios::portalInTheWay)
                        .build());
    }

    private static int port(Stage stage) {
        return stage.allotment().nodePort("checked");
    }

    /** Service {@code web} at port {@code port} of {@code pods}, with an HTTP check each second. */
    public static ServiceTemplate checked(int port, String... pods) {
        return service("web")
                .port(80, port)
                .on(pods)
                .annotation(HEALTH_CHECK, "http:/ready")
                .annotation(HEALTH_CHECK + "-interval", "1s")
                .annotation(HEALTH_CHECK + "-fall", "2");
    }

    private static String at(Stage stage, String pod) {
        return LabAddresses.of(pod, stage.family()).withPort(port(stage));
    }

    private static void silent(Stage stage) throws IOException {
        try (CheckedPod good = new CheckedPod(stage.lab().pod("b2"), port(stage));
                CheckedPod bad = new CheckedPod(stage.lab().pod("b3"), port(stage))) {
            bad.behave(Behaviour.SILENT);
            stage.given(List.of(checked(port(stage), "b2", "b3")));
            long begin = System.nanoTime();
            awaitUnhealthy(stage, 1, "unhealthy " + at(stage, "b3") + " since ", "(no answer within 1s)");
            stage.note("left out after " + (System.nanoTime() - begin) / 1_000_000 + " ms");
            stage.check(WEB.times(10), reaches("b2"));
            assertThat(ServiceMetrics.value(stage, "sluice_endpoint_weight", of(stage, "b3"), ""))
                    .isZero();
            assertThat(ServiceMetrics.value(stage, "sluice_service_health_checks_total", "", "result=\"failed\","))
                    .isGreaterThanOrEqualTo(2);
            NodeState.expectLine(
                    stage,
                    List.of(
                            "an endpoint is unhealthy",
                            at(stage, "b3"),
                            stage.allotment().namespace()));
            bad.behave(Behaviour.ERROR);
            awaitUnhealthy(stage, 1, "unhealthy " + at(stage, "b3"), "(HTTP status 500)");
            good.behave(Behaviour.ERROR);
            awaitUnhealthy(stage, 2, at(stage, "b2"), at(stage, "b3"), "which does not count now");
            stage.check(WEB.times(10), reaches("b2", "b3").each());
            good.behave(Behaviour.GOOD);
            bad.behave(Behaviour.GOOD);
            awaitUnhealthy(stage, 0, "among 2 endpoints");
            stage.check(WEB.times(10), reaches("b2", "b3").each());
            NodeState.expectLine(
                    stage,
                    List.of(
                            "an endpoint is healthy again",
                            at(stage, "b3"),
                            stage.allotment().namespace()));
        }
    }

    private static String of(Stage stage, String pod) {
        return "endpoint=\"" + at(stage, pod) + "\",";
    }

    private static void awaitUnhealthy(Stage stage, int count, String... explained) {
        stage.eventually(count + " are unhealthy", () -> ServiceMetrics.value(stage, UNHEALTHY) == count);
        stage.eventually(
                "explain says " + List.of(explained),
                () -> UserspaceChoiceScenarios.explained(stage),
                text -> List.of(explained).stream().allMatch(text::contains));
    }

    private static void unreachable(Stage stage) {
        String hole = LabAddresses.blackHole(stage.family()).withPort(8080);
        awaitUnhealthy(stage, 1, "unhealthy " + hole, "not connected within 300ms");
    }

    private static void portalInTheWay(Stage stage) throws IOException {
        try (CheckedPod pod = new CheckedPod(stage.lab().pod("b3"), port(stage))) {
            IpAddress address = LabAddresses.of("b3", stage.family());
            stage.given(List.of(
                    checked(port(stage), "b3"),
                    service("stranger")
                            .port("tcp", Protocol.TCP, port(stage), Lab.DEAD_PORT)
                            .on("b4")
                            .externalIps(address.toString())));
            stage.eventually(
                    "checks pass",
                    () -> ServiceMetrics.value(stage, "sluice_service_health_checks_total", "", "result=\"passed\",")
                            >= 2);
            assertThat(LabAddresses.allOfNode(stage.family())).containsAll(pod.checkedFrom());
            assertThat(pod.checkedFrom()).isNotEmpty();
            assertThat(ServiceMetrics.value(stage, UNHEALTHY)).isZero();
            stage.check(WEB.times(4), reaches("b3"));
        }
    }
}
