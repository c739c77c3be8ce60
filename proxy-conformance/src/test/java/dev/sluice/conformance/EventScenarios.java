// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.catalogue.userspace.CheckedPod;
import dev.sluice.conformance.catalogue.userspace.HealthCheckScenarios;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.LabAddresses;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Events, read from the API server that they were sent to. */
final class EventScenarios {
    private static final Duration START = Duration.ofSeconds(60);
    private static final KubernetesSerialization JSON = new KubernetesSerialization();

    private EventScenarios() {}

    static List<Scenario> all() {
        return List.of(
                scenario("api-event-starting", "267", "the start is an Event on the Node")
                        .in(IPTABLES)
                        .once()
                        .act("Starting", stage -> {
                            GenericKubernetesResource event =
                                    awaitEvent(stage, "default", LabAddresses.NODE_A, "Starting");
                            assertThat(text(event, "type")).isEqualTo("Normal");
                            assertThat(text(event, "action")).isEqualTo("StartKubeProxy");
                            assertThat(text(event, "reportingController")).isEqualTo("kube-proxy");
                        })
                        .build(),
                scenario("api-event-conflict", "97", "a Service that loses its node port to another gets one Event")
                        .in(IPTABLES)
                        .given(
                                http("first").on("b2").nodePort(),
                                http("second").on("b2").nodePortOf("first", 80),
                                web())
                        .act("the loser's Event", stage -> {
                            String namespace = stage.allotment().namespace();
                            GenericKubernetesResource event = awaitEvent(stage, namespace, "second", "NotProgrammed");
                            assertThat(text(event, "type")).isEqualTo("Warning");
                            assertThat(text(event, "note"))
                                    .contains(
                                            "nodePort",
                                            Integer.toString(stage.allotment().nodePort("first:80")));
                            Map<?, ?> regarding = event.get("regarding");
                            assertThat(regarding.get("uid"))
                                    .as("kubectl describe looks for the object's own UID")
                                    .isEqualTo(uidOf(stage, namespace, "second"));
                        })
                        .given(
                                http("first").on("b2").nodePort(),
                                http("second").on("b2").nodePortOf("first", 80),
                                web("b2", "b3"))
                        .then(
                                fromPod("a3").to("web", 80).times(20),
                                reaches("b2", "b3").each())
                        .act(
                                "there is one, whatever the number of syncs",
                                stage -> assertThat(
                                                events(stage, stage.allotment().namespace()))
                                        .hasSize(1))
                        .build(),
                scenario("api-event-bad-field", "-", "an unreadable source range is an Event on its Service")
                        .in(IPTABLES)
                        .once()
                        .given(
                                web().loadBalancer().spec("loadBalancerSourceRanges", "[\"10.0.0.0/99\"]"),
                                http("good").on("b2"))
                        .then(fromPod("a3").to("good", 80), reaches("b2"))
                        .act("the Event names the field", stage -> {
                            String namespace = stage.allotment().namespace();
                            stage.eventually(
                                    "an Event about loadBalancerSourceRanges",
                                    () -> events(stage, namespace).stream()
                                            .anyMatch(e -> regards(e, "web")
                                                    && text(e, "note").contains("loadBalancerSourceRanges")));
                        })
                        .build(),
                scenario("api-event-health-port", "220", "a taken health check node port is an Event on its Service")
                        .in(IPTABLES)
                        .act("another program has the port", EventScenarios::healthPort)
                        .build(),
                scenario(
                                "api-event-unhealthy",
                                "-",
                                "an endpoint that its checks leave out, and its return, are Events on its Service")
                        .in(USERSPACE)
                        .once()
                        .act("a Pod answers with errors, and then behaves", EventScenarios::unhealthy)
                        .build(),
                scenario("api-event-port-busy", "235", "a busy metrics port with hard-fail: exit 1 and an Event")
                        .in(IPTABLES)
                        .once()
                        .setup(DaemonSetup.DEFAULT.alone().unstarted())
                        .act("the start fails", stage -> {
                            try (ServerSocketChannel taken = stage.lab()
                                    .node()
                                    .call(() -> ServerSocketChannel.open()
                                            .bind(new InetSocketAddress(
                                                    IpAddress.of("127.0.0.1").toInetAddress(), 10249)))) {
                                assertThat(taken.isOpen()).isTrue();
                                DaemonProcess daemon = stage.session().launch("--bind-address-hard-fail");
                                assertThat(daemon.awaitEnd(START)).isEqualTo(1);
                                assertThat(daemon.logText()).contains("metrics-bind-address");
                            }
                            GenericKubernetesResource event =
                                    awaitEvent(stage, "default", LabAddresses.NODE_A, "FailedToStartMetricServer");
                            assertThat(text(event, "note")).contains("10249");
                        })
                        .build());
    }

    private static void unhealthy(Stage stage) throws IOException {
        int port = stage.allotment().nodePort("checked");
        String namespace = stage.allotment().namespace();
        try (CheckedPod pod = new CheckedPod(stage.lab().pod("b3"), port)) {
            pod.behave(CheckedPod.Behaviour.ERROR);
            stage.given(List.of(HealthCheckScenarios.checked(port, "b3")));
            GenericKubernetesResource event = awaitEvent(stage, namespace, "web", "EndpointUnhealthy");
            assertThat(text(event, "type")).isEqualTo("Warning");
            assertThat(text(event, "note"))
                    .contains(stage.lab().pod("b3").address(stage.family()).withPort(port), "HTTP status 500");
            pod.behave(CheckedPod.Behaviour.GOOD);
            event = awaitEvent(stage, namespace, "web", "EndpointHealthy");
            assertThat(text(event, "type")).isEqualTo("Normal");
        }
    }

    private static void healthPort(Stage stage) throws IOException {
        int port = stage.allotment().nodePort(ServiceTemplate.healthCheckName("web"));
        String any = stage.family() == IpFamily.IPV4 ? "0.0.0.0" : "::";
        try (ServerSocketChannel taken = stage.lab()
                .node()
                .call(() -> ServerSocketChannel.open()
                        .bind(new InetSocketAddress(IpAddress.of(any).toInetAddress(), port)))) {
            assertThat(taken.isOpen()).isTrue();
            stage.given(List.of(web().healthCheck()));
            GenericKubernetesResource event =
                    awaitEvent(stage, stage.allotment().namespace(), "web", "FailedToStartServiceHealthcheck");
            assertThat(text(event, "note")).contains(Integer.toString(port));
            assertThat(text(event, "action")).isEqualTo("Listen");
        }
    }

    /** Waits for the Event with {@code reason} about the object {@code name}. */
    static GenericKubernetesResource awaitEvent(Stage stage, String namespace, String name, String reason) {
        stage.eventually(
                "an Event " + reason + " about " + name,
                () -> find(stage, namespace, name, reason).isPresent());
        return find(stage, namespace, name, reason).orElseThrow();
    }

    private static Optional<GenericKubernetesResource> find(Stage stage, String namespace, String name, String reason) {
        return events(stage, namespace).stream()
                .filter(e -> reason.equals(e.get("reason")) && regards(e, name))
                .findFirst();
    }

    private static boolean regards(GenericKubernetesResource event, String name) {
        Map<?, ?> regarding = event.get("regarding");
        return name.equals(regarding.get("name"));
    }

    private static List<GenericKubernetesResource> events(Stage stage, String namespace) {
        String json = stage.session().read("/apis/events.k8s.io/v1/namespaces/" + namespace + "/events");
        return JSON.unmarshal(json, GenericKubernetesResourceList.class).getItems();
    }

    private static String text(GenericKubernetesResource event, String field) {
        String text = event.get(field);
        return text == null ? "" : text;
    }

    private static String uidOf(Stage stage, String namespace, String service) {
        String json = stage.session().read("/api/v1/namespaces/" + namespace + "/services/" + service);
        return JSON.unmarshal(json, GenericKubernetesResource.class)
                .getMetadata()
                .getUid();
    }
}
