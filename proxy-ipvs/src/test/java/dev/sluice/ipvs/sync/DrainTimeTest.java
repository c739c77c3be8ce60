// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.sync;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.localTerminating;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.remoteTerminating;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.ipvs.TestNode;
import dev.sluice.linux.ipvs.IpvsCommand.EditRealServer;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.testkit.model.ServicePorts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a real server with connections drains, and which ones keep theirs for as long as they answer. */
class DrainTimeTest {
    private static final IpAddress VIP = IpAddress.of("10.96.0.50");
    private static final SocketAddress GOING = new SocketAddress(IpAddress.of("10.244.1.7"), 8080);

    private final TestNode node = new TestNode(IpFamily.IPV4);

    private static ResolvedPort port(Protocol protocol, String timeout, Endpoint... endpoints) {
        Map<String, String> annotations =
                timeout.isEmpty() ? Map.of() : Map.of("sluice.dev/ipvs-drain-timeout", timeout);
        return resolved(
                ServicePorts.of(protocol, "shop/web", VIP.toString(), 80)
                        .annotations(annotations)
                        .build(),
                endpoints);
    }

    private void drain(Protocol protocol, String timeout) throws Exception {
        node.put(port(protocol, timeout, remote("10.244.1.7", 8080), remote("10.244.1.8", 8080)));
        node.fullSync();
        node.ipvs.connections(new VirtualServerKey(protocol, VIP, 80), GOING, 1, 0);
        node.put(port(protocol, timeout, remote("10.244.1.8", 8080))).sync();
    }

    private String after(Protocol protocol, Duration time) throws Exception {
        node.pass(time);
        node.sync();
        return weightOf(protocol);
    }

    private String weightOf(Protocol protocol) throws Exception {
        return node.ipvs.realServers(new VirtualServerKey(protocol, VIP, 80)).stream()
                .filter(d -> d.server().socketAddress().equals(GOING))
                .map(d -> "weight " + d.server().weight())
                .findFirst()
                .orElse("gone");
    }

    @Test
    void fifteenMinutesUnlessTheServiceSaysOtherwise() throws Exception {
        drain(Protocol.TCP, "");
        assertThat(after(Protocol.TCP, Duration.ofSeconds(899))).isEqualTo("weight 0");
        assertThat(after(Protocol.TCP, Duration.ofSeconds(10))).isEqualTo("gone");
        assertThat(node.nextOwnStep()).isEmpty();
    }

    @Test
    void theAnnotationSaysOtherwise() throws Exception {
        drain(Protocol.SCTP, "2m");
        assertThat(after(Protocol.SCTP, Duration.ofSeconds(119))).isEqualTo("weight 0");
        assertThat(after(Protocol.SCTP, Duration.ofSeconds(10))).isEqualTo("gone");
    }

    @Test
    void noTimeAtAllIsPossible() throws Exception {
        drain(Protocol.TCP, "0s");
        assertThat(weightOf(Protocol.TCP)).isEqualTo("gone");
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "-5s", "15", "200h"})
    void aBadAnnotationIsReportedAndTheDefaultIsInForce(String text) throws Exception {
        drain(Protocol.TCP, text);
        SyncReport report = node.fullSync();

        assertThat(report.problems())
                .containsExactly(Problem.ignored(
                        ObjectRef.service(new ServiceName("shop", "web")),
                        "metadata.annotations[sluice.dev/ipvs-drain-timeout]",
                        "'" + text + "' is not a duration from 0 to 168h such as 90s or 15m; 15m0s is in force"));
        assertThat(after(Protocol.TCP, Duration.ofSeconds(899))).isEqualTo("weight 0");
        assertThat(after(Protocol.TCP, Duration.ofSeconds(10))).isEqualTo("gone");
    }

    @Test
    void aRestartRemembersWhenItBegan() throws Exception {
        drain(Protocol.TCP, "");
        node.pass(Duration.ofMinutes(10));
        node.restart();
        node.fullSync();

        assertThat(after(Protocol.TCP, Duration.ofSeconds(299))).isEqualTo("weight 0");
        assertThat(after(Protocol.TCP, Duration.ofSeconds(11))).isEqualTo("gone");
    }

    @Test
    void ofAWeightThatSomebodyElseTookTheTimeBeginsWhenItIsFound() throws Exception {
        node.put(port(Protocol.TCP, "", remote("10.244.1.7", 8080), remote("10.244.1.8", 8080)));
        node.fullSync();
        VirtualServerKey key = new VirtualServerKey(Protocol.TCP, VIP, 80);
        node.ipvs.connections(key, GOING, 1, 0);
        node.ipvs.apply(List.of(new EditRealServer(key, new RealServer(IpAddress.of("10.244.1.7"), 8080, 0))));
        node.pass(Duration.ofHours(1));
        node.restart();
        node.put(port(Protocol.TCP, "", remote("10.244.1.8", 8080)));
        node.fullSync();

        assertThat(after(Protocol.TCP, Duration.ofSeconds(899))).isEqualTo("weight 0");
        assertThat(after(Protocol.TCP, Duration.ofSeconds(11))).isEqualTo("gone");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TCP", "UDP", "SCTP"})
    void anEndpointThatTerminatesAndStillAnswersKeepsItsFlows(Protocol protocol) throws Exception {
        node.put(port(protocol, "", remoteTerminating("10.244.1.7", 8080)));
        node.fullSync();
        node.ipvs.connections(new VirtualServerKey(protocol, VIP, 80), GOING, 0, 1);

        Endpoint successor = remote("10.244.1.8", 8080);
        node.put(port(protocol, "", remoteTerminating("10.244.1.7", 8080), successor))
                .sync();
        assertThat(after(protocol, Duration.ofHours(1))).isEqualTo("weight 0");

        node.put(port(protocol, "", successor)).sync();
        assertThat(weightOf(protocol)).isEqualTo(protocol == Protocol.UDP ? "gone" : "weight 0");
        assertThat(after(protocol, Duration.ofSeconds(910))).isEqualTo("gone");
    }

    @Test
    void whatAPolicyTakesOutOfUseKeepsItsFlows() throws Exception {
        VirtualServerKey external = new VirtualServerKey(Protocol.UDP, IpAddress.of("203.0.113.1"), 53);
        ServicePorts dns = ServicePorts.udp("dns/dns", "10.96.0.10", 53).externalIps("203.0.113.1");
        Endpoint here = localTerminating("10.244.0.5", 8080);
        node.put(resolved(dns.build(), here, remote("10.244.1.7", 8080)));
        node.fullSync();
        node.ipvs.connections(external, GOING, 0, 1);

        node.put(resolved(
                        ServicePorts.udp("dns/dns", "10.96.0.10", 53)
                                .externalIps("203.0.113.1")
                                .externalPolicyLocal()
                                .build(),
                        local("10.244.0.6", 8080),
                        remote("10.244.1.7", 8080)))
                .sync();

        assertThat(node.ipvs.realServers(external))
                .extracting(d -> d.server().socketAddress() + " " + d.server().weight())
                .containsExactlyInAnyOrder("10.244.0.6:8080 1", "10.244.1.7:8080 0");
    }
}
