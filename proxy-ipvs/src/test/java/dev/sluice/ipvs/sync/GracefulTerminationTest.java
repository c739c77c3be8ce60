// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.sync;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.ipvs.TestNode;
import dev.sluice.linux.ipvs.IpvsCommand.EditRealServer;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.testkit.model.ServicePorts;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GracefulTerminationTest {
    private static final SocketAddress GOING = new SocketAddress(IpAddress.of("10.244.1.7"), 8080);

    private static ResolvedPort port(Protocol protocol, String... endpoints) {
        List<Endpoint> list = Arrays.stream(endpoints).map(e -> remote(e, 8080)).toList();
        return resolved(ServicePorts.of(protocol, "shop/web", "10.96.0.50", 80).build(), list);
    }

    private static VirtualServerKey key(Protocol protocol) {
        return new VirtualServerKey(protocol, IpAddress.of("10.96.0.50"), 80);
    }

    /** A removed real server: at the sync, and at the sweep ten seconds later. */
    @ParameterizedTest(name = "{0} {1}: active {2} inactive {3}")
    @CsvSource({
        "TCP, rr, 0, 0, drains, gone",
        "TCP, rr, 1, 0, drains, drains",
        "TCP, rr, 0, 1, drains, drains",
        "TCP, sh, 1, 0, drains, drains",
        "TCP, dh, 1, 0, gone, gone",
        "UDP, rr, 1, 1, gone, gone",
        "SCTP, rr, 1, 0, drains, drains",
        "SCTP, rr, 0, 0, drains, gone",
    })
    void aRemovedDestination(
            Protocol protocol, String scheduler, long active, long inactive, String atOnce, String later)
            throws Exception {
        TestNode node = TestNode.withScheduler(scheduler).put(port(protocol, "10.244.1.7", "10.244.1.8"));
        node.fullSync();
        node.ipvs.connections(key(protocol), GOING, active, inactive);

        node.put(port(protocol, "10.244.1.8")).sync();
        assertThat(state(node, protocol)).isEqualTo(atOnce);

        node.pass(DrainSweep.PAUSE);
        node.sync();
        assertThat(state(node, protocol)).isEqualTo(later);
    }

    private static String state(TestNode node, Protocol protocol) throws Exception {
        return node.ipvs.realServers(key(protocol)).stream()
                .filter(d -> d.server().socketAddress().equals(GOING))
                .map(d -> d.server().weight() == 0 ? "drains" : "serves")
                .findFirst()
                .orElse("gone");
    }

    /** Trap 13. */
    @Test
    void aDrainingDestinationGoesWhenItsLastConnectionEnds() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4).put(port(Protocol.TCP, "10.244.1.7"));
        node.fullSync();
        assertThat(node.nextOwnStep()).isEmpty();
        node.ipvs.connections(key(Protocol.TCP), GOING, 1, 0);
        node.put(port(Protocol.TCP)).sync();
        assertThat(node.nextOwnStep()).contains(DrainSweep.PAUSE);
        assertThat(node.backend().nextCheck()).as("drift is looked for first").contains(DriftCheck.PERIOD);

        node.pass(Duration.ofMinutes(14));
        node.sync();
        assertThat(state(node, Protocol.TCP)).as("it has fifteen minutes").isEqualTo("drains");

        node.ipvs.connections(key(Protocol.TCP), GOING, 0, 0);
        node.pass(Duration.ofSeconds(3));
        node.resetCounters();
        node.sync();
        assertThat(node.ipvs.dumps()).as("not before the pause is over").isZero();

        node.pass(Duration.ofSeconds(7));
        assertThat(node.sync().applied()).containsEntry(ObjectKind.of("ipvs.real_servers"), 0L);
        assertThat(state(node, Protocol.TCP)).isEqualTo("gone");
        assertThat(node.nextOwnStep()).isEmpty();
    }

    /** Trap 13. */
    @Test
    void aDestinationThatComesBackGetsItsWeightAgain() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4).put(port(Protocol.TCP, "10.244.1.7"));
        node.fullSync();
        node.ipvs.connections(key(Protocol.TCP), GOING, 1, 0);
        node.put(port(Protocol.TCP)).sync();
        node.resetCounters();

        node.put(port(Protocol.TCP, "10.244.1.7")).sync();

        assertThat(node.ipvs.log())
                .containsExactly(
                        new EditRealServer(key(Protocol.TCP), new RealServer(IpAddress.of("10.244.1.7"), 8080, 1)));
        node.pass(DrainSweep.PAUSE);
        node.sync();
        assertThat(state(node, Protocol.TCP)).isEqualTo("serves");
    }

    @Test
    void aReplacedDestinationGoesAfterItsSuccessorHasCome() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4).put(port(Protocol.UDP, "10.244.1.7"));
        node.fullSync();
        node.resetCounters();

        node.put(port(Protocol.UDP, "10.244.1.8")).sync();

        assertThat(node.ipvs.log().stream().map(Object::toString))
                .containsExactly(
                        "NEW_DEST 10.96.0.50:80/UDP -> 10.244.1.8:8080 weight 1",
                        "DEL_DEST 10.96.0.50:80/UDP -> 10.244.1.7:8080");
    }

    /** Trap 13. */
    @Test
    void aRestartFindsWhatWasDraining() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4).put(port(Protocol.TCP, "10.244.1.7", "10.244.1.8"));
        node.fullSync();
        node.ipvs.connections(key(Protocol.TCP), GOING, 1, 0);
        node.put(port(Protocol.TCP, "10.244.1.8")).sync();

        node.restart();
        node.fullSync();
        assertThat(state(node, Protocol.TCP)).isEqualTo("drains");
        assertThat(node.nextOwnStep()).isPresent();

        node.ipvs.connections(key(Protocol.TCP), GOING, 0, 0);
        node.pass(DrainSweep.PAUSE);
        node.sync();
        assertThat(state(node, Protocol.TCP)).isEqualTo("gone");
    }

    @Test
    void aRestartRestoresTheWeightOfWhatIsWantedAgain() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4).put(port(Protocol.TCP, "10.244.1.7", "10.244.1.8"));
        node.fullSync();
        node.ipvs.apply(
                List.of(new EditRealServer(key(Protocol.TCP), new RealServer(IpAddress.of("10.244.1.7"), 8080, 0))));

        node.restart();
        node.fullSync();

        assertThat(state(node, Protocol.TCP)).isEqualTo("serves");
    }
}
