// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.inject.HttpAttack;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/** Clients that misbehave towards the daemon's ports, 200 at each of them at the same time. */
final class HttpAttacks {
    private static final int CLIENTS = 200;
    private static final int QUESTIONS = 11;
    private static final int HEALTH_NODE_PORT = 31998;
    /** The kubelet waits as long by default. */
    private static final long LIMIT_NANOS = 1_000_000_000L;

    private static final IpAddress NODE = LabAddresses.of(LabAddresses.NODE_A, IpFamily.IPV4);
    private static final List<Target> TARGETS = List.of(
            new Target(10256, "/livez", "/healthz?verbose"),
            new Target(10249, "/healthz", "/metrics"),
            new Target(HEALTH_NODE_PORT, "/", "/"));

    private HttpAttacks() {}

    /** @param large the path of the longest page */
    private record Target(int port, String page, String large) {}

    static List<FaultGroup> all() {
        List<HttpAttack> attacks = List.of(HttpAttack.values());
        int half = attacks.size() / 2;
        return List.of(group(attacks.subList(0, half)), group(attacks.subList(half, attacks.size())));
    }

    private static FaultGroup group(List<HttpAttack> attacks) {
        return new FaultGroup(
                SiteSetup.PLAIN,
                attacks.stream()
                        .map(attack -> new FaultRow(
                                "HTTP: "
                                        + attack.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                                (site, run) -> attacked(site, run, attack)))
                        .toList());
    }

    private static void attacked(FaultSite site, FaultRun run, HttpAttack attack) throws Exception {
        ClusterObjects.putHealthPort(site::put, "lb", "10.96.2.2", HEALTH_NODE_PORT);
        FaultRun.until("the health check node port answers", () -> answers(site.lab.client(), TARGETS.getLast()));
        List<Socket> clients = new ArrayList<>();
        try {
            run.begin(() -> site.lab.client().call(() -> clients.addAll(begun(attack))));
            List<Long> waits = new ArrayList<>();
            for (int i = 0; i < QUESTIONS; i++) {
                clients.forEach(client -> goOn(attack, client));
                long begin = System.nanoTime();
                run.alive();
                waits.add(System.nanoTime() - begin);
                LockSupport.parkNanos(10_000_000);
            }
            run.answered(waits, LIMIT_NANOS);
            for (Target target : TARGETS) {
                FaultRun.until(target + " answers", () -> answers(site.lab.client(), target));
            }
            run.underTraffic();
        } finally {
            clients.forEach(client -> quietly(client::close));
        }
        run.end(() -> {});
    }

    private static List<Socket> begun(HttpAttack attack) {
        List<Socket> clients = new ArrayList<>();
        for (Target target : TARGETS) {
            for (int i = 0; i < CLIENTS; i++) {
                Socket socket = new Socket();
                quietly(() -> {
                    socket.setReceiveBufferSize(4096);
                    socket.connect(new InetSocketAddress(NODE.toInetAddress(), target.port), 10_000);
                    attack.begin(socket, target.page, target.large);
                });
                clients.add(socket);
            }
        }
        return clients;
    }

    private static void goOn(HttpAttack attack, Socket client) {
        if (!client.isClosed()) {
            quietly(() -> attack.goOn(client));
        }
    }

    private interface Act {
        void run() throws IOException;
    }

    /** The daemon may end any of these connections at any time. */
    private static void quietly(Act act) {
        try {
            act.run();
        } catch (IOException e) {
            // that is its right
        }
    }

    private static boolean answers(LabHost from, Target target) throws IOException {
        return HttpPage.get(from, NODE, target.port, target.page).status() == 200;
    }
}
