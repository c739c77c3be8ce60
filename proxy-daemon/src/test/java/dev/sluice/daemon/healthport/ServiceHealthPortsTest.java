// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.healthport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ReadinessUpdate;
import dev.sluice.core.sync.SyncObserver.Success;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.daemon.events.RecordingSink;
import dev.sluice.kubernetes.EventSink;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Real sockets, on a loopback address that no other test uses. */
class ServiceHealthPortsTest {
    private static final ServiceName WEB = new ServiceName("shop", "web");

    private final IpAddress own = IpAddress.of("127." + random() + "." + random() + "." + random());
    private final RecordingSink sink = new RecordingSink();
    private final List<EventSink.Event> sent = sink.sent;
    private volatile boolean healthy = true;
    private final ServiceHealthPorts ports;

    ServiceHealthPortsTest() throws IOException {
        NodePortAddresses loopback = NodePortAddresses.of(IpFamily.IPV4, List.of(Cidr.host(own)));
        ports = new ServiceHealthPorts(
                Map.of(IpFamily.IPV4, loopback), () -> List.of(own, IpAddress.of("192.0.2.1")), () -> healthy, sink);
    }

    @AfterEach
    void close() {
        ports.close();
    }

    @Test
    void answersAsKubeProxyDoes() throws IOException {
        ports.succeeded(success(Map.of(WEB, new LocalReadiness(32000, 2))));
        soon().until(() -> ask(32000, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").startsWith("HTTP/1.1 200 OK\r\n"));
        assertThat(ask(32000, "POST /any HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"))
                .contains("\r\nX-Load-Balancing-Endpoint-Weight: 2\r\n")
                .endsWith("\r\n\r\n{\n\t\"service\": {\n\t\t\"namespace\": \"shop\",\n\t\t\"name\": \"web\"\n\t},\n"
                        + "\t\"localEndpoints\": 2,\n\t\"serviceProxyHealthy\": true\n}");
        assertThat(ask(32000, "HEAD / HTTP/1.0\n\n"))
                .startsWith("HTTP/1.1 200 OK")
                .endsWith("\r\n\r\n");

        healthy = false;
        assertThat(ask(32000, "GET / HTTP/1.0\r\n\r\n"))
                .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
                .contains("\"serviceProxyHealthy\": false", "X-Load-Balancing-Endpoint-Weight: 2");
        healthy = true;
        ports.succeeded(success(Map.of(WEB, new LocalReadiness(32000, 0))));
        soon().until(() -> ask(32000, "GET / HTTP/1.0\r\n\r\n").startsWith("HTTP/1.1 503 "));
    }

    @Test
    void closesWithItsService() {
        ports.succeeded(success(Map.of(WEB, new LocalReadiness(32000, 2))));
        soon().until(() -> isOpen(32000));
        ports.succeeded(success(Map.of(WEB, new LocalReadiness(32001, 2))));
        soon().until(() -> isOpen(32001) && !isOpen(32000));
        ports.succeeded(success(Map.of()));
        soon().until(() -> !isOpen(32001));
    }

    @Test
    @Tag("slow")
    void aTakenPortIsToldOnceAndTriedAgain() throws IOException {
        try (ServerSocketChannel taken = ServerSocketChannel.open()) {
            taken.bind(new InetSocketAddress(own.toInetAddress(), 32000));
            ports.succeeded(success(Map.of(
                    WEB, new LocalReadiness(32000, 2), new ServiceName("shop", "api"), new LocalReadiness(32001, 1))));
            soon().until(() -> isOpen(32001) && sent.size() == 1);
            assertThat(sent.getFirst().reason()).isEqualTo("FailedToStartServiceHealthcheck");
            assertThat(sent.getFirst().note()).contains("32000", own.toString());
        }
        soon().until(() -> ask(32000, "GET / HTTP/1.0\r\n\r\n").startsWith("HTTP/1.1 200 "));
        assertThat(sent).hasSize(1);
    }

    @Test
    void aThousandPortsTakeOneThread() {
        int before = Thread.activeCount();
        Map<ServiceName, LocalReadiness> many = new HashMap<>();
        for (int i = 0; i < 1000; i++) {
            many.put(new ServiceName("shop", "web-" + i), new LocalReadiness(20000 + i, 1));
        }
        ports.succeeded(success(many));
        soon().until(() -> isOpen(20000) && isOpen(20999));
        assertThat(Thread.activeCount()).isLessThan(before + 5);
        ports.succeeded(success(Map.of()));
        soon().until(() -> !isOpen(20000) && !isOpen(20999));
    }

    @Test
    void aSilentClientDoesNotKeepOthersFromTheirAnswer() throws IOException {
        ports.succeeded(success(Map.of(WEB, new LocalReadiness(32000, 2))));
        soon().until(() -> isOpen(32000));
        try (Socket silent = new Socket(own.toInetAddress(), 32000);
                Socket half = new Socket(own.toInetAddress(), 32000)) {
            half.getOutputStream().write("GET / HTT".getBytes(StandardCharsets.US_ASCII));
            assertThat(ask(32000, "GET / HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 200 ");
            half.getOutputStream().write("P/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(half.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 200 ");
            assertThat(silent.isConnected()).isTrue();
        }
    }

    @Test
    void theAddressIsFreeAfterTheEnd() throws IOException {
        ports.succeeded(success(Map.of(WEB, new LocalReadiness(32000, 2))));
        soon().until(() -> isOpen(32000));
        ports.close();
        soon().until(() -> !isOpen(32000));
        assertThatThrownBy(() -> ask(32000, "GET / HTTP/1.0\r\n\r\n")).isInstanceOf(ConnectException.class);
    }

    private String ask(int port, String request) throws IOException {
        try (Socket socket = new Socket(own.toInetAddress(), port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private boolean isOpen(int port) throws IOException {
        try (Socket socket = new Socket(own.toInetAddress(), port)) {
            return socket.isConnected();
        } catch (ConnectException e) {
            return false;
        }
    }

    private static Success success(Map<ServiceName, LocalReadiness> readiness) {
        Map<ServiceName, Optional<LocalReadiness>> services = new HashMap<>();
        readiness.forEach((service, answer) -> services.put(service, Optional.of(answer)));
        return new Success(
                IpFamily.IPV4,
                false,
                new SyncReport(false, KernelCost.NONE, List.of(), Map.of()),
                Duration.ZERO,
                List.of(),
                0,
                0,
                NoLocalEndpoints.NONE,
                new ReadinessUpdate(true, services));
    }

    private static int random() {
        return ThreadLocalRandom.current().nextInt(2, 250);
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(10))
                .ignoreExceptionsInstanceOf(IOException.class);
    }
}
