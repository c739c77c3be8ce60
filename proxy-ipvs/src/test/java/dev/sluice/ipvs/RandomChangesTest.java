// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.ipvs.sync.DrainSweep;
import dev.sluice.testkit.model.ServicePorts;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random histories: syncs of named changes end where one full sync on a fresh node ends. */
class RandomChangesTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void incrementalEqualsFull(long seed) throws Exception {
        Random random = new Random(seed);
        TestNode node = new TestNode(IpFamily.IPV4);
        node.fullSync();
        for (int step = 0; step < 120; step++) {
            for (int i = random.nextInt(3); i >= 0; i--) {
                change(node, random);
            }
            node.pass(DrainSweep.PAUSE);
            SyncReport report = node.sync();
            assertThat(report.full()).as("step %s of seed %s", step, seed).isFalse();
            node.pass(DrainSweep.PAUSE);
            node.sync();
        }

        TestNode fresh = new TestNode(IpFamily.IPV4);
        node.snapshot.ports().forEach(fresh::put);
        SyncReport full = fresh.fullSync();
        assertThat(node.dump()).as("seed %s", seed).isEqualTo(fresh.dump());

        node.resetCounters();
        SyncReport report = node.fullSync();
        assertThat(report.cost().messages())
                .as("a full sync has nothing to add")
                .isZero();
        assertThat(report.applied()).isEqualTo(full.applied());
        assertThat(report.problems()).isEqualTo(full.problems());
    }

    private static void change(TestNode node, Random random) {
        int number = random.nextInt(8);
        Protocol protocol = random.nextBoolean() ? Protocol.TCP : Protocol.UDP;
        if (random.nextInt(4) == 0) {
            node.snapshot.remove(ServicePorts.name(protocol, "ns/s" + number));
        } else {
            node.put(port(number, protocol, random));
        }
    }

    private static ResolvedPort port(int number, Protocol protocol, Random random) {
        ServicePorts port = ServicePorts.of(protocol, "ns/s" + number, "10.96.0." + number, 80);
        if (random.nextBoolean()) {
            port.nodePort(30000 + number);
        }
        if (random.nextInt(3) == 0) {
            port.externalPolicyLocal();
        }
        if (random.nextInt(3) == 0) {
            port.internalPolicyLocal();
        }
        if (random.nextInt(3) == 0) {
            // shared by several Services on purpose
            port.externalIps("203.0.113." + random.nextInt(3));
        }
        if (random.nextInt(3) == 0) {
            port.loadBalancer("203.0.113." + (10 + number / 4)).sourceRanges("198.51.100.0/24", "192.168.7.0/24");
        }
        if (random.nextInt(4) == 0) {
            port.affinity(60);
        }
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            if (random.nextInt(3) == 0) {
                endpoints.add(i < 2 ? local("10.244.0." + i, 8080) : remote("10.244.1." + i, 8080));
            }
        }
        return resolved(port.build(), endpoints);
    }
}
