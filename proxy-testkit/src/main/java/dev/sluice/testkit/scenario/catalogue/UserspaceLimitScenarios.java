package dev.sluice.testkit.scenario.catalogue;

import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.TCP;
import static dev.sluice.testkit.scenario.EndpointTemplate.endpoint;
import static dev.sluice.testkit.scenario.Probe.fromPod;
import static dev.sluice.testkit.scenario.Scenario.scenario;
import static dev.sluice.testkit.scenario.ServiceTemplate.service;
import static dev.sluice.testkit.scenario.SliceTemplate.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.scenario.EndpointTemplate;
import dev.sluice.testkit.scenario.Probe;
import dev.sluice.testkit.scenario.Scenario;
import dev.sluice.testkit.scenario.ServiceTemplate;
import dev.sluice.testkit.scenario.Stage;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;

/** What a Service may ask of userspace mode for its connections: time-outs, limits, the PROXY protocol. */
final class UserspaceLimitScenarios {
    private static final Probe WEB = fromPod("a3").to("web", 80);

    private UserspaceLimitScenarios() {}

    static List<Scenario> all() {
        return List.of(
                scenario(
                                "max-connections",
                                "-",
                                "no more connections than the Service allows; others are reset and counted")
                        .in(USERSPACE)
                        .given(web().annotation("sluice.dev/max-connections", "3"))
                        .act("a fourth one", UserspaceLimitScenarios::fourth)
                        .build(),
                scenario("idle-timeout", "-", "an idle connection ends after the Service's time, a busy one does not")
                        .in(USERSPACE)
                        .given(web().annotation("sluice.dev/idle-timeout", "1s"))
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
                scenario("connect-timeout", "-", "a Service may give its endpoints less time to take a connection")
                        .in(USERSPACE)
                        .given(service("web")
                                .port(80, 8080)
                                .on(endpoint(EndpointTemplate.BLACK_HOLE))
                                .annotation("sluice.dev/connect-timeout", "600ms"))
                        .act("nobody answers", UserspaceLimitScenarios::impatient)
                        .build(),
                proxyProtocol("v1"),
                proxyProtocol("v2"),
                scenario(
                                "bad-policies",
                                "-",
                                "values that are none are reported, and the Service works as without them")
                        .in(USERSPACE)
                        .given(web().annotation("sluice.dev/proxy-protocol", "v3")
                                .annotation("sluice.dev/idle-timeout", "soon")
                                .annotation("sluice.dev/max-connections", "many"))
                        .act("they are reported", stage -> {
                            NodeState.expectProblem(stage, "web", "sluice.dev/proxy-protocol", "'v3'", "v1 or v2");
                            NodeState.expectProblem(stage, "web", "sluice.dev/idle-timeout", "'soon'");
                            NodeState.expectProblem(stage, "web", "sluice.dev/max-connections", "'many'");
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
            assertThat(ServiceMetrics.value(stage, "sluice_service_active_connections"))
                    .isEqualTo(3);
        }
        stage.eventually("there is room again", () -> stage.calls(WEB).getFirst() instanceof Outcome.Answer);
    }

    private static void idle(Stage stage) throws IOException, InterruptedException {
        try (Connection quiet = stage.connect(WEB);
                Connection busy = stage.connect(WEB)) {
            assertThat(quiet.ask()).isInstanceOf(Outcome.Answer.class);
            long begin = System.nanoTime();
            for (int i = 0; i < 10; i++) {
                assertThat(busy.ask()).isInstanceOf(Outcome.Answer.class);
                Thread.sleep(200);
            }
            assertThat(quiet.ask()).isEqualTo(new Outcome.Closed());
            assertThat(busy.ask()).isInstanceOf(Outcome.Answer.class);
            assertThat(ServiceMetrics.expired(stage, "idle")).isEqualTo(1);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofSeconds(2));
        }
    }

    private static void age(Stage stage) throws IOException, InterruptedException {
        try (Connection connection = stage.connect(WEB)) {
            long begin = System.nanoTime();
            Outcome outcome = connection.ask();
            while (outcome instanceof Outcome.Answer && System.nanoTime() - begin < 15_000_000_000L) {
                Thread.sleep(100);
                outcome = connection.ask();
            }
            Duration lived = Duration.ofNanos(System.nanoTime() - begin);
            assertThat(outcome).isEqualTo(new Outcome.Closed());
            assertThat(lived).isBetween(Duration.ofMillis(1900), Duration.ofSeconds(5));
            assertThat(ServiceMetrics.expired(stage, "age")).isEqualTo(1);
            stage.note("ended after " + lived.toMillis() + " ms");
        }
    }

    private static void impatient(Stage stage) throws IOException {
        long begin = System.nanoTime();
        Outcome outcome = stage.lab()
                .pod("a3")
                .caller()
                .waiting(Duration.ofSeconds(15))
                .tcp(stage.allotment().clusterIp("web"), 80);
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        assertThat(outcome).isEqualTo(new Outcome.Closed());
        assertThat(took).isBetween(Duration.ofMillis(550), Duration.ofMillis(3000));
        assertThat(ServiceMetrics.refusals(stage, "connect-failed")).isEqualTo(1);
        stage.note("reset after " + took.toMillis() + " ms");
    }

    private static Scenario proxyProtocol(String version) {
        return scenario(
                        "proxy-protocol-" + version,
                        "-",
                        "PROXY protocol " + version + ": the endpoint learns the client and what it connected to")
                .in(USERSPACE)
                .act("its first bytes", stage -> {
                    // runs of both families and versions share the Pod
                    int port = 7700 + stage.family().bits() + (version.equals("v1") ? 1 : 2);
                    stage.given(List.of(service("web")
                            .port(80, port)
                            .annotation("sluice.dev/proxy-protocol", version)
                            .slice(slice("web", "s").port("", TCP, port).on("b2"))));
                    greeted(stage, version, port);
                })
                .build();
    }

    private static void greeted(Stage stage, String version, int port) throws IOException {
        try (ServerSocketChannel server = stage.lab().pod("b2").listen(port);
                Connection connection = stage.connect(WEB)) {
            connection.send("hello\n");
            try (Socket accepted = server.accept().socket()) {
                accepted.setSoTimeout(10_000);
                IpAddress client = LabAddresses.of("a3", stage.family());
                IpAddress vip = stage.allotment().clusterIp("web");
                byte[] expected = version.equals("v1")
                        ? line(client, connection.localPort(), vip)
                        : bytes(client, connection.localPort(), vip);
                InputStream input = accepted.getInputStream();
                assertThat(HexFormat.of().formatHex(input.readNBytes(expected.length)))
                        .isEqualTo(HexFormat.of().formatHex(expected));
                assertThat(input.readNBytes(6))
                        .asString(StandardCharsets.US_ASCII)
                        .isEqualTo("hello\n");
                accepted.getOutputStream().write("welcome\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(connection.readLine()).hasValue("welcome");
                stage.note(version.equals("v1") ? new String(expected, StandardCharsets.US_ASCII).strip() : "");
            }
        }
    }

    private static byte[] line(IpAddress client, int clientPort, IpAddress vip) {
        String family = client.family() == IpFamily.IPV4 ? "TCP4" : "TCP6";
        return ("PROXY " + family + " " + client + " " + vip + " " + clientPort + " 80\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] bytes(IpAddress client, int clientPort, IpAddress vip) {
        HexFormat hex = HexFormat.of();
        String family = client.family() == IpFamily.IPV4 ? "11000c" : "210024";
        return hex.parseHex("0d0a0d0a000d0a515549540a" + "21" + family + hex.formatHex(client.bytes())
                + hex.formatHex(vip.bytes()) + hex.toHexDigits((short) clientPort) + "0050");
    }

    private static ServiceTemplate web() {
        return service("web").port(80, 8080).on("b2");
    }
}
