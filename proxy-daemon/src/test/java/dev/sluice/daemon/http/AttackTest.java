// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testkit.inject.HttpAttack;
import dev.sluice.testkit.timing.MachineSpeed;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** 200 clients that misbehave in the same way at the same time, and one that wants to know whether we live. */
@Tag("slow")
class AttackTest {
    private static final int CLIENTS = 200;
    private static final int QUESTIONS = 11;
    private static final Duration ANSWERED_WITHIN = MachineSpeed.measured().stretched(Duration.ofMillis(100));
    private static final Duration PACE = Duration.ofMillis(10);
    private static final String LARGE = "0123456789abcdef".repeat(256 << 10);

    private final List<Socket> clients = new ArrayList<>();
    private InetSocketAddress address = new InetSocketAddress(0);
    private PageServer server = new PageServer("unused", "unused", address);
    private volatile boolean attacking = true;

    @BeforeEach
    void start() throws IOException {
        address = FreeAddress.find();
        server = new PageServer("attacked", "the-flag", address)
                .page("/livez", request -> Page.text(200, "alive"))
                .slowPage("/large", request -> Page.text(200, LARGE));
        assertThat(server.start()).isEmpty();
        assertThat(ask("/livez")).startsWith("HTTP/1.1 200 ").endsWith("alive");
        assertThat(ask("/large")).startsWith("HTTP/1.1 200 ").endsWith(LARGE);
        await().until(() -> server.openConnections() == 0);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @EnumSource
    void costsOthersNothing(HttpAttack attack) throws Exception {
        Duration quiet = waits().getLast().multipliedBy(5);
        Duration limit = quiet.compareTo(ANSWERED_WITHIN) > 0 ? quiet : ANSWERED_WITHIN;
        await().until(() -> server.openConnections() == 0);
        int before = descriptors();
        Thread attacker = Thread.ofPlatform().start(() -> keepOn(attack));
        try {
            await().atMost(Duration.ofSeconds(60)).until(() -> begun() == CLIENTS);
            List<Duration> waits = waits();
            assertThat(waits.get(QUESTIONS / 2)).isLessThan(limit);
            assertThat(waits.getLast()).as("a busy machine may hold us up once").isLessThan(limit.multipliedBy(10));
        } finally {
            attacking = false;
            synchronized (clients) {
                clients.forEach(client -> quietly(client::close));
            }
            attacker.join();
        }
        assertThat(ask("/large")).startsWith("HTTP/1.1 200 ").endsWith(LARGE);
        await().atMost(Duration.ofSeconds(30)).until(() -> descriptors() <= before && server.openConnections() == 0);
    }

    /** How long answers take, the quickest first. */
    private List<Duration> waits() throws IOException {
        List<Duration> waits = new ArrayList<>();
        for (int i = 0; i < QUESTIONS; i++) {
            long begin = System.nanoTime();
            assertThat(ask("/livez")).endsWith("alive");
            waits.add(Duration.ofNanos(System.nanoTime() - begin));
            assertThat(server.openConnections()).isLessThanOrEqualTo(HttpLimits.PAGES.connections());
        }
        waits.sort(null);
        return waits;
    }

    private int begun() {
        synchronized (clients) {
            return clients.size();
        }
    }

    private void keepOn(HttpAttack attack) {
        for (int i = 0; i < CLIENTS && attacking; i++) {
            Socket client = new Socket();
            quietly(() -> {
                client.setReceiveBufferSize(4096);
                client.connect(address);
                attack.begin(client, "/livez", "/large");
            });
            synchronized (clients) {
                clients.add(client);
            }
        }
        while (attacking) {
            clients.stream().filter(c -> !c.isClosed()).forEach(client -> quietly(() -> attack.goOn(client)));
            LockSupport.parkNanos(PACE.toNanos());
        }
    }

    private interface Act {
        void run() throws IOException;
    }

    /** The server may end any of these connections at any time. */
    private static void quietly(Act act) {
        try {
            act.run();
        } catch (IOException e) {
            // that is its right
        }
    }

    private String ask(String path) throws IOException {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), address.getPort())) {
            client.setSoTimeout(60_000);
            client.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static int descriptors() {
        String[] open = new File("/proc/self/fd").list();
        return open == null ? 0 : open.length;
    }
}
