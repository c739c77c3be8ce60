// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static dev.sluice.conformance.scenario.EndpointTemplate.endpoint;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.observe.HeldConnections;
import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.observe.ServiceMetrics;
import dev.sluice.conformance.scenario.EndpointTemplate;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/** The annotations of a Service for connections in userspace mode: time-outs and limits. */
public final class UserspaceLimitScenarios {
    private static final Probe WEB = fromPod("a3").to("web", 80);
    private static final Probe DNS = fromPod("a3").to("dns", 53).udp();
    private static final Duration IDLE = Duration.ofSeconds(2);
    private static final String MAX_CONNECTIONS = "sluice.dev/max-connections";
    private static final String ACTIVE = "sluice_service_active_connections";

    private UserspaceLimitScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario(
                                "max-connections",
                                "-",
                                "no more connections than the Service allows; others are reset and counted")
                        .in(USERSPACE)
                        .given(web().annotation(MAX_CONNECTIONS, "3"))
                        .act("a fourth one", UserspaceLimitScenarios::fourth)
                        .build(),
                scenario(
                                "max-connections-failed",
                                "-",
                                "a connection that no endpoint takes, or whose client leaves, gives its place back")
                        .in(USERSPACE)
                        .given(limited("2", Lab.DEAD_PORT, endpoint("b2")))
                        .act("nobody takes five in a row", UserspaceLimitScenarios::refused)
                        .given(limited("2", 8080, endpoint(EndpointTemplate.BLACK_HOLE)))
                        .act("clients leave before somebody does", UserspaceLimitScenarios::left)
                        .given(limited("2", 8080, endpoint("b3")))
                        .act("there is room for two", UserspaceLimitScenarios::room)
                        .build(),
                scenario("idle-timeout", "-", "an idle connection ends after the Service's time, a busy one does not")
                        .in(USERSPACE)
                        .act("one is idle, one talks", UserspaceLimitScenarios::idle)
                        .build(),
                scenario(
                                "max-connection-age",
                                "-",
                                "a connection becomes no older than the Service allows, busy or not")
                        .in(USERSPACE)
                        .given(web().annotation("sluice.dev/max-connection-age", "2s"))
                        .act("it talks", UserspaceLimitScenarios::age)
                        .build(),
                scenario("udp-choice", "-", "UDP flows are shared by weight, and limited as connections are")
                        .in(USERSPACE)
                        .given(limitedDns("100"))
                        .act(
                                "3 to 1",
                                stage -> assertThat(HeldConnections.count(HeldConnections.call(stage, DNS.times(8))))
                                        .isEqualTo(Map.of("b2", 6, "b3", 2)))
                        .given(limitedDns("9"))
                        .act("there is room for one", stage -> {
                            Probe ninth = fromPod("a4").to("dns", 53).udp().socket(1);
                            HeldConnections.call(stage, ninth);
                            assertThat(stage.calls(DNS)).containsExactly(new Outcome.TimedOut());
                            HeldConnections.call(stage, ninth);
                        })
                        .build(),
                scenario("connect-timeout", "-", "a Service may give its endpoints less time to take a connection")
                        .in(USERSPACE)
                        .given(web(endpoint(EndpointTemplate.BLACK_HOLE))
                                .annotation("sluice.dev/connect-timeout", "600ms"))
                        .act("nobody answers", UserspaceLimitScenarios::impatient)
                        .build(),
                scenario(
                                "bad-policies",
                                "-",
                                "values that are none are reported, and the Service works as without them")
                        .in(USERSPACE)
                        .given(web().annotation("sluice.dev/proxy-protocol", "v3")
                                .annotation("sluice.dev/idle-timeout", "soon")
                                .annotation(HealthCheckScenarios.HEALTH_CHECK, "ping")
                                .annotation(MAX_CONNECTIONS, "many"))
                        .act("they are reported", stage -> {
                            NodeState.expectProblem(stage, "web", "sluice.dev/proxy-protocol", "'v3'", "v1 or v2");
                            NodeState.expectProblem(stage, "web", "sluice.dev/idle-timeout", "'soon'");
                            NodeState.expectProblem(stage, "web", MAX_CONNECTIONS, "'many'");
                            NodeState.expectProblem(stage, "web", HealthCheckScenarios.HEALTH_CHECK, "'ping'");
                            assertThat(HeldConnections.call(stage, WEB.times(3)))
                                    .containsOnly("b2");
                        })
                        .build());
    }

    private static void fourth(Stage stage) throws IOException {
        try (HeldConnections held = new HeldConnections(stage)) {
            held.open(WEB.times(3));
            assertThat(stage.calls(WEB.times(2))).containsOnly(new Outcome.Closed());
            assertThat(ServiceMetrics.refusals(stage, "connection-limit")).isEqualTo(2);
            assertThat(ServiceMetrics.value(stage, ACTIVE)).isEqualTo(3);
        }
        stage.eventually("there is room again", () -> stage.calls(WEB).getFirst() instanceof Outcome.Answer);
    }

    private static void refused(Stage stage) throws IOException {
        assertThat(stage.calls(WEB.times(5))).containsOnly(new Outcome.Closed());
        assertThat(ServiceMetrics.refusals(stage, "connect-failed")).isEqualTo(5);
        assertThat(ServiceMetrics.refusals(stage, "connection-limit")).isZero();
        stage.eventually("none is open", () -> ServiceMetrics.value(stage, ACTIVE) == 0);
    }

    private static void left(Stage stage) throws IOException {
        try (Connection one = stage.connect(WEB);
                Connection two = stage.connect(WEB)) {
            stage.eventually("both count", () -> ServiceMetrics.value(stage, ACTIVE) == 2);
            one.reset();
            two.reset();
            stage.eventually("both are gone", () -> ServiceMetrics.value(stage, ACTIVE) == 0);
        }
    }

    private static void room(Stage stage) throws IOException {
        try (HeldConnections held = new HeldConnections(stage)) {
            assertThat(held.open(WEB.times(2))).containsOnly("b3");
            assertThat(stage.calls(WEB)).containsOnly(new Outcome.Closed());
            assertThat(ServiceMetrics.refusals(stage, "connection-limit")).isEqualTo(1);
        }
    }

    /** The busy connection sends far more often than its time-out, on a slow machine too. */
    private static void idle(Stage stage) throws IOException {
        Duration idle = Duration.ofSeconds(stage.session().stretched(IDLE).toSeconds());
        stage.given(List.of(web().annotation("sluice.dev/idle-timeout", idle.toSeconds() + "s")));
        try (Connection quiet = stage.connect(WEB);
                Connection busy = stage.connect(WEB)) {
            long begin = System.nanoTime();
            assertThat(quiet.ask()).isInstanceOf(Outcome.Answer.class);
            stage.eventually("one has ended", () -> {
                assertThat(busy.ask()).isInstanceOf(Outcome.Answer.class);
                return ServiceMetrics.expired(stage, "idle") == 1;
            });
            assertThat(System.nanoTime() - begin).isGreaterThan(idle.toNanos());
            assertThat(busy.ask()).isInstanceOf(Outcome.Answer.class);
            assertThat(quiet.ask()).isEqualTo(new Outcome.Closed());
        }
    }

    private static void age(Stage stage) throws IOException {
        try (Connection connection = stage.connect(WEB)) {
            long begin = System.nanoTime();
            AtomicReference<Outcome> last = new AtomicReference<>(connection.ask());
            stage.eventually("it has ended", () -> {
                last.set(connection.ask());
                return !(last.get() instanceof Outcome.Answer);
            });
            Duration lived = Duration.ofNanos(System.nanoTime() - begin);
            assertThat(last.get()).isEqualTo(new Outcome.Closed());
            assertThat(lived).isGreaterThan(Duration.ofMillis(1900));
            assertThat(ServiceMetrics.expired(stage, "age")).isEqualTo(1);
            stage.note("ended after " + lived.toMillis() + " ms");
        }
    }

    private static void impatient(Stage stage) throws IOException {
        Duration took = timeUntilClosed(stage);
        assertThat(took).isBetween(Duration.ofMillis(550), stage.session().stretched(Duration.ofMillis(3500)));
        assertThat(ServiceMetrics.refusals(stage, "connect-failed")).isEqualTo(1);
        stage.note("reset after " + took.toMillis() + " ms");
    }

    /** The time until a call of Service {@code web} is closed without an answer. */
    static Duration timeUntilClosed(Stage stage) {
        long begin = System.nanoTime();
        Outcome outcome = stage.lab()
                .pod("a3")
                .caller()
                .waiting(stage.session().stretched(Duration.ofSeconds(15)))
                .tcp(stage.allotment().clusterIp("web"), 80);
        assertThat(outcome).isEqualTo(new Outcome.Closed());
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private static ServiceTemplate limitedDns(String limit) {
        return dns().annotation(UserspaceChoiceScenarios.SCHEDULER, "wrr")
                .annotation(MAX_CONNECTIONS, limit)
                .weighted(Map.of("b2", 3, "b3", 1));
    }

    private static ServiceTemplate limited(String limit, int port, EndpointTemplate endpoint) {
        return service("web").port(80, port).annotation(MAX_CONNECTIONS, limit).on(endpoint);
    }
}
