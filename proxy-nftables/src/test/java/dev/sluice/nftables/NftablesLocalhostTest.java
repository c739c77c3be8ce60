// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace;
import dev.sluice.nftables.config.NftablesConfig;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Node ports on loopback addresses: real packets through the real kernel. */
@EnabledIf(value = "isRoot", disabledReason = "needs root to make network namespaces")
@Timeout(300)
@Tag("slow")
class NftablesLocalhostTest extends TrafficLab {
    private static final int PORT = 30080;

    @Override
    NftablesConfig configured(NftablesConfig defaults) {
        return defaults.withLocalhostNodePorts();
    }

    private IpAddress loopback() {
        return address("127.0.0.1", "::1");
    }

    private Outcome call(Protocol protocol) {
        return ask(lab.node(), protocol, loopback(), PORT);
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void answersComeFromLocalAndRemoteEndpoints(IpFamily with) throws Exception {
        start(with);
        for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP)) {
            for (String pod : List.of("a2", "b2")) {
                put(service(protocol).nodePort(PORT), 5353, pod);
                Outcome.Answer answer = answer(call(protocol));
                assertThat(answer.pod()).isEqualTo(pod);
                assertThat(LabAddresses.allOfNode(with)).contains(answer.peer());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void whatHasNoEndpointIsRefusedAndOtherPortsAreLeftAlone(IpFamily with) throws Exception {
        start(with);
        put(service(Protocol.TCP).nodePort(PORT), 8080);
        assertThat(call(Protocol.TCP)).isEqualTo(new Outcome.Refused());
        assertThat(call(Protocol.UDP)).isEqualTo(new Outcome.Refused());
        put(service(Protocol.TCP).nodePort(PORT), 8080, "b2");
        assertThat(answer(call(Protocol.TCP)).pod()).isEqualTo("b2");
        assertThat(call(Protocol.UDP)).as("another protocol").isEqualTo(new Outcome.Refused());
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void anEndpointThatRefusesIsReportedToTheCaller(IpFamily with) throws Exception {
        start(with);
        for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP)) {
            put(service(protocol).nodePort(PORT), 9, "b2");
            assertThat(call(protocol)).as("%s", protocol).isEqualTo(new Outcome.Refused());
        }
    }

    /** An endpoint of the node's own network: the connection stays on the loopback interface. */
    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aProcessOfTheNodeCanBeTheEndpoint(IpFamily with) throws Exception {
        start(with);
        put(service(Protocol.TCP).nodePort(PORT), 9, LabAddresses.NODE_A);
        assertThat(call(Protocol.TCP)).as("nobody listens there").isEqualTo(new Outcome.Refused());
    }

    /** A program that maps a port of the node to another one by rules of its own. */
    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void connectionsThatOthersTranslateAreLeftAlone(IpFamily with) throws Exception {
        start(with);
        put(service(Protocol.TCP).nodePort(PORT), 8080, "b2");
        String to = v4() ? "127.0.0.1:9" : "[::1]:9";
        lab.node()
                .feed(
                        "table " + (v4() ? "ip" : "ip6") + " others { chain out { type nat hook output priority -105;"
                                + " tcp dport 7 dnat to " + to + "; }; }\n",
                        "nft",
                        "-f",
                        "-")
                .orThrow();
        try {
            assertThat(lab.node().tcp(loopback(), 7)).isEqualTo(new Outcome.Refused());
        } finally {
            lab.node()
                    .run("nft", "delete", "table", v4() ? "ip" : "ip6", "others")
                    .orThrow();
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void theTraceSaysTheSame(IpFamily with) throws Exception {
        start(with);
        put(service(Protocol.TCP).nodePort(PORT).externalPolicyLocal(), 8080, "b2");
        Packet packet = new Packet(Protocol.TCP, loopback(), 40_000, loopback(), PORT, Origin.NODE, "");
        Trace trace = node().backend.explain(packet);
        assertThat(trace.verdict()).isEqualTo(Trace.Verdict.FORWARD);
        assertThat(trace.candidates()).singleElement().satisfies(candidate -> {
            assertThat(candidate.address()).isEqualTo(LabAddresses.of("b2", with));
            assertThat(candidate.masqueraded()).isTrue();
        });
        assertThat(trace.steps()).anyMatch(step -> step.what().contains("saddr set"));
        assertThat(answer(call(Protocol.TCP)).pod()).isEqualTo("b2");
    }
}
