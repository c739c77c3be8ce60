// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Outcome.Answer;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("slow")
class LabTest {
    private static Lab lab;

    @BeforeAll
    static void build() {
        assumeTrue(
                Files.isWritable(Path.of("/proc/self/oom_score_adj")) && Files.isWritable(Path.of("/run")), "not root");
        lab = Lab.create();
    }

    @AfterAll
    static void remove() throws IOException {
        if (lab != null) {
            lab.close();
        }
        await().until(() -> namespaces().size() == 1);
    }

    /**
     * The namespaces of this JVM's threads, except for the JDK's thread that waits for processes, which lives a while
     * longer.
     */
    private static Set<String> namespaces() throws IOException {
        Set<String> namespaces = new HashSet<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                try {
                    if (Files.readString(thread.resolve("comm")).startsWith("process reaper")) {
                        continue;
                    }
                    namespaces.add(
                            Files.readSymbolicLink(thread.resolve("ns/net")).toString());
                } catch (NoSuchFileException e) {
                    // the thread has ended meanwhile
                }
            }
        }
        return namespaces;
    }

    static Stream<Arguments> pairs() {
        return Stream.of(IpFamily.values())
                .flatMap(family -> Stream.of("node-a", "node-b", "client", "a2", "b2")
                        .flatMap(from -> Stream.of("a2", "a3", "b4").map(to -> Arguments.of(from, to, family))));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void everyHostReachesEveryPodAndIsSeenByItsOwnAddress(String from, String to, IpFamily family) {
        IpAddress target = lab.pod(to).address(family);

        Outcome tcp = lab.host(from).tcp(target, 8080);
        Outcome udp = lab.host(from).udp(target, Lab.UDP_PORT);

        assertThat(tcp).isInstanceOfSatisfying(Answer.class, a -> {
            assertThat(a.pod()).isEqualTo(to);
            assertThat(a.port()).isEqualTo(8080);
            assertThat(a.peer()).isIn(addressesOf(from, family));
        });
        assertThat(udp).isInstanceOfSatisfying(Answer.class, a -> {
            assertThat(a.pod()).isEqualTo(to);
            assertThat(a.port()).isEqualTo(5353);
            assertThat(a.peer()).isIn(addressesOf(from, family));
        });
    }

    private static List<IpAddress> addressesOf(String host, IpFamily family) {
        return host.equals("node-a")
                ? LabAddresses.allOfNode(family)
                : List.of(lab.host(host).address(family));
    }

    @ParameterizedTest
    @EnumSource
    void aClosedPortIsRefused(IpFamily family) {
        IpAddress pod = lab.pod("b3").address(family);

        assertThat(lab.client().tcp(pod, Lab.DEAD_PORT)).isEqualTo(new Outcome.Refused());
        assertThat(lab.client().udp(pod, Lab.DEAD_PORT)).isEqualTo(new Outcome.Refused());
    }

    @ParameterizedTest
    @EnumSource
    void theBlackHoleGivesNoAnswer(IpFamily family) {
        Caller hasty = lab.node().caller().waiting(Duration.ofMillis(300));

        assertThat(hasty.tcp(LabAddresses.blackHole(family), 8080)).isEqualTo(new Outcome.TimedOut());
        assertThat(hasty.udp(LabAddresses.blackHole(family), Lab.UDP_PORT)).isEqualTo(new Outcome.TimedOut());
    }

    @ParameterizedTest
    @EnumSource
    void anAddressWithoutARouteIsUnreachable(IpFamily family) {
        IpAddress nobody = IpAddress.of(family == IpFamily.IPV4 ? "10.96.0.1" : "fd00:96::1");

        assertThat(lab.node().tcp(nobody, 80)).isInstanceOf(Outcome.Unreachable.class);
        assertThat(lab.pod("a2").tcp(nobody, 80)).isInstanceOf(Outcome.Unreachable.class);
    }

    @Test
    void theSourcePortCanBeGiven() {
        Outcome outcome = lab.client()
                .caller()
                .fromPort(LabAddresses.FIRST_SOURCE_PORT)
                .tcp(lab.pod("a2").address(IpFamily.IPV4), 9090);

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Answer.class, a -> assertThat(a.peerPort()).isEqualTo(LabAddresses.FIRST_SOURCE_PORT));
    }

    @Test
    void aConnectionAnswersEachLineAndGoesOnAfterAHalfClose() throws IOException {
        try (Connection connection = lab.client().caller().connect(lab.pod("b5").address(IpFamily.IPV6), 8080)) {
            assertThat(connection.ask()).isInstanceOf(Answer.class);
            assertThat(connection.ask()).isInstanceOf(Answer.class);
            connection.halfClose();
            assertThat(connection.readLine()).hasValue("end pod=b5 received=12");
            assertThat(connection.readLine()).isEmpty();
        }
    }

    @Test
    void bulkIsAnsweredWithThatManyBytes() throws IOException {
        try (Connection connection = lab.client().caller().connect(lab.pod("a4").address(IpFamily.IPV4), 8080)) {
            connection.send("bulk 3000000\n");
            assertThat(connection.input().readNBytes(3_000_000)).hasSize(3_000_000);
        }
    }

    @Test
    void aCommandRunsInItsHost() {
        assertThat(lab.client().run("ip", "-4", "-o", "addr", "show", "eth0").orThrow())
                .contains("192.168.20.9/24");
    }

    @Test
    void aSecondLabStandsBesideTheFirst() throws IOException {
        Set<String> before = namespaces();
        try (Lab second = Lab.create()) {
            assertThat(namespaces()).hasSize(before.size() + 11);
            assertThat(second.client().tcp(second.pod("a2").address(IpFamily.IPV4), 8080))
                    .isInstanceOf(Answer.class);
        }
        await().until(() -> namespaces().equals(before));
    }
}
