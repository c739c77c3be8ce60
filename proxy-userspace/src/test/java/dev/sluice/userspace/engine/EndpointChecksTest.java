// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.userspace.balance.Outage;
import dev.sluice.userspace.balance.Scheduler;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.routing.ConnectionPolicy;
import dev.sluice.userspace.routing.HealthCheck;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.ProxyProtocol;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Health checks of real servers. */
@Tag("slow")
class EndpointChecksTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final HealthCheck TCP = check(null, Duration.ofSeconds(5));
    private static final HealthCheck HTTP = check("/ready", Duration.ofSeconds(5));

    private static HealthCheck check(@Nullable String path, Duration timeout) {
        return new HealthCheck(path, Duration.ofMillis(20), timeout, 2, 2);
    }

    private static ConnectionPolicy policy(@Nullable HealthCheck check, @Nullable ProxyProtocol protocol) {
        return new ConnectionPolicy(Scheduler.RR, null, List.of(), null, null, 0, protocol, false, check);
    }

    private static Upstream only(PortBalancer balancer) {
        return balancer.reachable().upstream(0);
    }

    private static String awaitOutage(PortBalancer balancer) {
        await().atMost(LONG).until(() -> only(balancer).outage() != null);
        return Objects.requireNonNull(only(balancer).outage()).cause();
    }

    private static void sayHttp(Socket client, String answer) throws IOException {
        readHead(client.getInputStream());
        client.getOutputStream().write(answer.getBytes(ISO_8859_1));
    }

    private static String readHead(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("GET") < 0 || !head.toString().endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                break;
            }
            head.append((char) next);
        }
        return head.toString();
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void anEndpointIsUnhealthyWhileItAnswersWithAnErrorAndThenComesBack(IpFamily family) throws Exception {
        try (EngineFixture fixture = new EngineFixture(family)) {
            String[] status = {"503 Service Unavailable"};
            Queue<String> changes = new ConcurrentLinkedQueue<>();
            fixture.engine.reportTo((_, upstream, outage) -> changes.add(said(outage)));
            try (TestServer server = new TestServer(
                    fixture.loopbackAddress(), client -> sayHttp(client, "HTTP/1.1 " + status[0] + "\r\n\r\n"))) {
                PortBalancer balancer = fixture.tcp(policy(HTTP, null), server.port());
                fixture.engine.check(balancer);
                assertThat(awaitOutage(balancer)).isEqualTo("HTTP status 503");
                status[0] = "204 No Content";
                await().atMost(LONG).until(() -> only(balancer).outage() == null);
                assertThat(balancer.counters().failedChecks()).isGreaterThanOrEqualTo(2);
                assertThat(balancer.counters().passedChecks()).isGreaterThanOrEqualTo(2);
                await().atMost(LONG).until(() -> changes.size() == 2);
                assertThat(changes).containsExactly("HTTP status 503", "healthy");
                assertThat(fixture.engine.counters().healthChecks()).isGreaterThanOrEqualTo(4);
            }
        }
    }

    private static String said(@Nullable Outage outage) {
        return outage == null ? "healthy" : outage.cause();
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP/1.1 500 Oops, HTTP status 500",
        "HTTP/1.0 404 Not Found, HTTP status 404",
        "HTTP/1.1 199, HTTP status 199",
        "HTTP/1.1 OK and more, the answer is not HTTP/1",
        "SSH-2.0-OpenSSH_9.2, the answer is not HTTP/1",
        "HTTP/1.1, closed without an answer",
    })
    void whatIsNoGoodAnswerIsNamed(String answer, String cause) throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = new TestServer(fixture.loopbackAddress(), client -> sayHttp(client, answer))) {
            PortBalancer balancer = fixture.tcp(policy(HTTP, null), server.port());
            fixture.engine.check(balancer);
            assertThat(awaitOutage(balancer)).isEqualTo(cause);
        }
    }

    @Test
    void anEndpointThatAcceptsAndStaysSilentIsUnhealthyByAnHttpCheckOnly() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer silent = new TestServer(
                        fixture.loopbackAddress(),
                        client -> client.getInputStream().readAllBytes())) {
            PortBalancer connects = fixture.tcp(policy(TCP, null), silent.port());
            fixture.engine.check(connects);
            await().atMost(LONG).until(() -> connects.counters().passedChecks() > 3);
            assertThat(connects.counters().failedChecks()).isZero();
            PortBalancer asks = fixture.tcp(policy(check("/", Duration.ofMillis(100)), null), silent.port());
            fixture.engine.check(asks);
            assertThat(awaitOutage(asks)).isEqualTo("no answer within 100ms");
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void anEndpointThatRefusesIsUnhealthy(IpFamily family) throws Exception {
        try (EngineFixture fixture = new EngineFixture(family)) {
            PortBalancer balancer = fixture.tcp(policy(TCP, null), TestServer.deadPort(fixture.loopbackAddress()));
            fixture.engine.check(balancer);
            assertThat(awaitOutage(balancer)).isEqualTo("connection refused");
        }
    }

    @ParameterizedTest
    @EnumSource(ProxyProtocol.class)
    void anEndpointThatWantsTheProxyProtocolGetsItsHeader(ProxyProtocol protocol) throws Exception {
        Queue<String> heads = new ConcurrentLinkedQueue<>();
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = new TestServer(fixture.loopbackAddress(), client -> {
                    heads.add(readHead(client.getInputStream()));
                    client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(ISO_8859_1));
                })) {
            PortBalancer balancer = fixture.tcp(policy(HTTP, protocol), server.port());
            fixture.engine.check(balancer);
            await().atMost(LONG).until(() -> balancer.counters().passedChecks() > 0);
            String before = protocol == ProxyProtocol.V1 ? "PROXY UNKNOWN\r\n" : "\r\n\r\n\0\r\nQUIT\n \0\0\0";
            assertThat(heads.element())
                    .startsWith(before + "GET /ready HTTP/1.1\r\nHost: 127.0.0.1:" + server.port() + "\r\n");
        }
    }

    @Test
    void withoutTheAnnotationOrTheServiceChecksEnd() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4)) {
            int dead = TestServer.deadPort(fixture.loopbackAddress());
            PortBalancer balancer = fixture.tcp(policy(TCP, null), dead);
            EngineCounters counters = fixture.engine.counters();
            fixture.engine.check(balancer);
            awaitOutage(balancer);
            assertThat(counters.endpointsChecked()).isEqualTo(1);
            balancer.update(balancer.resolved(), policy(null, null), Endpoint::weight);
            fixture.engine.check(balancer);
            await().atMost(LONG).until(() -> only(balancer).outage() == null && counters.endpointsChecked() == 0);
            balancer.update(balancer.resolved(), policy(TCP, null), Endpoint::weight);
            fixture.engine.check(balancer);
            awaitOutage(balancer);
            fixture.engine.uncheck(balancer);
            await().atMost(LONG).until(() -> counters.endpointsChecked() == 0);
        }
    }

    @Test
    void checksAreBoundedInNumberAndRate() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        long begin = System.nanoTime();
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer silent = new TestServer(InetAddress.getByName("0.0.0.0"), client -> end.await())) {
            PortBalancer balancer = fixture.tcp(silent.port());
            List<Endpoint> many = IntStream.rangeClosed(1, 254)
                    .boxed()
                    .flatMap(i ->
                            IntStream.of(1, 2).mapToObj(j -> Endpoints.local("127.0." + j + "." + i, silent.port())))
                    .toList();
            balancer.update(
                    Endpoints.resolved(balancer.resolved().service(), many),
                    policy(check("/", Duration.ofSeconds(60)), null),
                    Endpoint::weight);
            EngineCounters counters = fixture.engine.counters();
            fixture.engine.check(balancer);
            await().atMost(LONG).until(() -> counters.healthChecks() == 256);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(255 * 5));
            await().during(Duration.ofMillis(200)).atMost(LONG).until(() -> counters.healthChecks() == 256);
            end.countDown();
            await().atMost(LONG).until(() -> counters.healthChecks() > 256);
        }
    }
}
