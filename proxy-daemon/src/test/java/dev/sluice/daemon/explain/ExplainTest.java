// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.daemon.config.ConfigException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The packet, as the command and the page read it, and the two forms of the answer. */
class ExplainTest {
    private static final Packet PACKET = new Packet(
            Protocol.TCP, IpAddress.of("10.244.1.9"), 0, IpAddress.of("10.96.0.50"), 80, Origin.ARRIVING, "cali7");

    @Test
    void theCommandAsksWhatThePageReads() throws ConfigException {
        ExplainCommand.Question question = ExplainCommand.parse(List.of(
                "[fd00:96::a]:53/UDP", "--from", "fd00:244::9", "--interface", "veth@1", "--server", "10.0.0.1:9"));
        assertThat(question.uri().toString()).startsWith("http://10.0.0.1:9/debug/explain?to=fd00");

        PacketQuery read = PacketQuery.parse(question.uri().getRawQuery());
        assertThat(read).isEqualTo(question.query());
        assertThat(read.text()).isTrue();
        assertThat(read.packet())
                .isEqualTo(new Packet(
                        Protocol.UDP,
                        IpAddress.of("fd00:244::9"),
                        0,
                        IpAddress.of("fd00:96::a"),
                        53,
                        Origin.ARRIVING,
                        "veth@1"));
        assertThat(ExplainCommand.parse(List.of("10.96.0.50:80", "--json")).query())
                .isEqualTo(new PacketQuery("10.96.0.50", "80", "tcp", "", "", false));
    }

    @Test
    void anAddressOfTheNodeWithoutInterfaceSends() {
        Packet packet = PacketQuery.parse("to=127.0.0.1&port=30080").packet();
        assertThat(packet.origin()).isEqualTo(Origin.NODE);
        assertThat(packet.source()).isEqualTo(IpAddress.of("127.0.0.1"));
        assertThat(PacketQuery.parse("to=10.96.0.1&port=1&from=127.0.0.1")
                        .packet()
                        .origin())
                .isEqualTo(Origin.NODE);
        assertThat(PacketQuery.parse("to=10.96.0.1&port=1&from=127.0.0.1&interface=lo")
                        .packet()
                        .origin())
                .isEqualTo(Origin.ARRIVING);
        assertThat(PacketQuery.parse("to=10.96.0.1&port=1&from=192.0.2.200")
                        .packet()
                        .origin())
                .isEqualTo(Origin.ARRIVING);
    }

    @ParameterizedTest
    @CsvSource({
        "to=10.96.0.300&port=80, 'to: want an IP address, not ''10.96.0.300'''",
        "port=80, to: want an IP address",
        "to=10.96.0.1, 'port: want 1 to 65535, not '''''",
        "to=10.96.0.1&port=65536, 65536",
        "to=10.96.0.1&port=80&protocol=icmp, 'protocol: want tcp, udp or sctp'",
        "to=10.96.0.1&port=80&from=::1, different families",
        "to=10.96.0.1&port=80&dport=80, there is no parameter 'dport'",
        "to=10.96.0.1&port=80&format=xml, format",
    })
    void aWrongQuestionIsTold(String query, String reason) {
        assertThatThrownBy(() -> PacketQuery.parse(query).packet())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource({"10.96.0.1", "shop/web:80", "10.96.0.1:80/tcp/x", "10.96.0.1:80 more", "''"})
    void aWrongTargetIsTold(String target) {
        assertThatThrownBy(() -> ExplainCommand.parse(List.of(target.split(" "))))
                .isInstanceOf(ConfigException.class);
    }

    @Test
    void textIsForPeople() {
        Trace trace = new Trace(
                web(),
                List.of(
                        new Step("nat PREROUTING", "-j KUBE-SERVICES"),
                        new Step("nat KUBE-SVC-A", "-m comment --comment \"x\" -j KUBE-SEP-B")),
                Verdict.FORWARD,
                List.of(
                        new Candidate(IpAddress.of("10.244.1.9"), 8080, 0.5, true),
                        new Candidate(IpAddress.of("10.244.2.7"), 8080, 0.5, false)));

        assertThat(new TraceText(ProxyMode.IPTABLES, PACKET, trace).lines()).isEqualTo("""
                TCP from 10.244.1.9 (arriving through cali7) to 10.96.0.50:80, mode iptables
                Service shop/web:http: forwarded to one of
                   50.0 %  10.244.1.9:8080, sees an address of the node
                   50.0 %  10.244.2.7:8080, sees 10.244.1.9
                What it meets, in order:
                  nat PREROUTING  -j KUBE-SERVICES
                  nat KUBE-SVC-A  -m comment --comment "x" -j KUBE-SEP-B
                """);
    }

    @Test
    void jsonIsForPrograms() {
        Trace trace = new Trace(
                web(),
                List.of(new Step("nat KUBE-SVC-A", "--comment \"x\"")),
                Verdict.FORWARD,
                List.of(new Candidate(IpAddress.of("10.244.2.7"), 8080, 1, false)));

        assertThat(new TraceJson(ProxyMode.IPTABLES, PACKET, trace).json())
                .isEqualTo("{\"mode\":\"iptables\",\"family\":\"IPv4\",\"packet\":{\"protocol\":\"TCP\","
                        + "\"source\":\"10.244.1.9\",\"destination\":\"10.96.0.50\",\"port\":80,"
                        + "\"origin\":\"arriving\",\"interface\":\"cali7\"},\"service\":\"shop/web:http\","
                        + "\"verdict\":\"forward\",\"candidates\":[{\"address\":\"10.244.2.7\",\"port\":8080,"
                        + "\"probability\":1.0000000000,\"masqueraded\":false}],"
                        + "\"steps\":[{\"where\":\"nat KUBE-SVC-A\",\"what\":\"--comment \\\"x\\\"\"}]}\n");
        assertThat(new TraceJson(ProxyMode.IPVS, PACKET, Trace.notAService(List.of())).json())
                .contains("\"service\":null,\"verdict\":\"not_a_service\",\"candidates\":[],\"steps\":[]");
    }

    private static ServicePortName web() {
        return new ServicePortName(new ServiceName("shop", "web"), "http", Protocol.TCP);
    }
}
