// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.conntrack;

import static dev.sluice.core.conntrack.StaleReason.ENDPOINT_GONE;
import static dev.sluice.core.conntrack.StaleReason.NO_ENDPOINTS;
import static dev.sluice.core.conntrack.StaleReason.SERVICE_GONE;
import static dev.sluice.core.conntrack.StaleReason.UNTRANSLATED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.fixture.EndpointText;
import dev.sluice.core.model.AddressOwner;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.EndpointSet;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.sync.Changes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Endpoints are written as their fixture has it: {@code "1 RS"} is 10.0.0.1:80, ready and serving. */
class PortalHistoryTest {
    private static final String VIP = "10.96.0.10:53";
    private static final String LB = "203.0.113.1:53";
    private static final String NODE_PORT = "192.168.10.1:30053";

    private final Ports ports = new Ports();
    private final PortalHistory history =
            new PortalHistory(ConntrackTargets.endpoints(), Set.of(Protocol.UDP, Protocol.SCTP));

    @Test
    void aFlowToAnEndpointThatIsGoneIsStale() {
        in(Protocol.UDP, "1 RS; 2 RS");
        settle();
        in(Protocol.UDP, "2 RS");
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.1:80")).contains(ENDPOINT_GONE);
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.2:80")).isEmpty();
        assertThat(judged(Protocol.UDP, LB, "10.0.0.1:80")).contains(ENDPOINT_GONE);
        assertThat(judged(Protocol.UDP, NODE_PORT, "10.0.0.1:80")).contains(ENDPOINT_GONE);
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.2:81")).as("another port").contains(ENDPOINT_GONE);
    }

    @Test
    void aFlowWhoseServiceHasNoEndpointLeftIsStale() {
        in(Protocol.UDP, "1 RS");
        settle();
        in(Protocol.UDP, "");
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.1:80")).contains(NO_ENDPOINTS);
    }

    @Test
    void aFlowThatBeganBeforeTheRulesIsStale() {
        in(Protocol.UDP, "1 RS");
        assertThat(judged(Protocol.UDP, VIP, VIP)).contains(UNTRANSLATED);
        assertThat(judged(Protocol.UDP, NODE_PORT, NODE_PORT)).contains(UNTRANSLATED);
        settle();
        in(Protocol.UDP, "");
        settle();
        in(Protocol.UDP, "1 RS");
        assertThat(judged(Protocol.UDP, VIP, VIP))
                .as("while it had no endpoint")
                .contains(UNTRANSLATED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1 RSL", "1 ST", "1 R S z=a", "1 S"})
    void anEndpointThatAnswersKeepsItsFlows(String endpoint) {
        in(Protocol.UDP, "1 RS; 2 RS");
        settle();
        in(Protocol.UDP, endpoint);
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.1:80")).isEmpty();
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.2:80")).contains(ENDPOINT_GONE);
    }

    @Test
    void anEndpointThatDoesNotAnswerLosesItsDatagramsButKeepsItsAssociations() {
        for (Protocol protocol : List.of(Protocol.UDP, Protocol.SCTP)) {
            in(protocol, "1 RS; 2 RS; 3 RS");
            settle();
            in(protocol, "1; 2 T");
            boolean udp = protocol == Protocol.UDP;
            Optional<StaleReason> unready = udp ? Optional.of(NO_ENDPOINTS) : Optional.empty();
            assertThat(judged(protocol, VIP, "10.0.0.1:80")).isEqualTo(unready);
            assertThat(judged(protocol, VIP, "10.0.0.2:80")).isEqualTo(unready);
            assertThat(judged(protocol, VIP, "10.0.0.3:80")).contains(udp ? NO_ENDPOINTS : ENDPOINT_GONE);
            settle();
        }
    }

    @Test
    void anInitThatPassedByTheRulesIsStale() {
        in(Protocol.SCTP, "1 RS");
        assertThat(judged(Protocol.SCTP, VIP, VIP)).contains(UNTRANSLATED);
    }

    @Test
    void whatWasOfAServiceThatIsGoneIsStaleUnlessItIsAnAssociation() {
        for (Protocol protocol : List.of(Protocol.UDP, Protocol.SCTP)) {
            in(protocol, "1 RS");
            settle();
            ports.remove(name(protocol));
            history.note(ports, Changes.of(Set.of(name(protocol))));
            Optional<StaleReason> expected = protocol == Protocol.UDP ? Optional.of(SERVICE_GONE) : Optional.empty();
            assertThat(judged(protocol, VIP, "10.0.0.1:80")).isEqualTo(expected);
            assertThat(judged(protocol, NODE_PORT, "10.0.0.1:80")).isEqualTo(expected);
            assertThat(judged(protocol, VIP, VIP)).as("never was translated").isEmpty();
            assertThat(judged(protocol, NODE_PORT, "172.17.0.2:53"))
                    .as("translated by somebody else")
                    .isEmpty();
            settle();
            assertThat(history.isDue()).isFalse();
        }
    }

    @Test
    void anAddressThatIsTakenAwayIsAServiceThatIsGone() {
        in(Protocol.UDP, "1 RS");
        settle();
        ports.put(new ResolvedPort(service(Protocol.UDP, 0, List.of()), endpoints("1 RS")));
        history.note(ports, Changes.of(Set.of(name(Protocol.UDP))));
        assertThat(judged(Protocol.UDP, LB, "10.0.0.1:80")).contains(SERVICE_GONE);
        assertThat(judged(Protocol.UDP, NODE_PORT, "10.0.0.1:80")).contains(SERVICE_GONE);
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.1:80")).isEmpty();
    }

    @Test
    void anAddressThatPassesToAnotherServiceIsJudgedByThatOne() {
        in(Protocol.UDP, "1 RS");
        settle();
        ServicePortName heir = new ServicePortName(new ServiceName("a", "heir"), "", Protocol.UDP);
        ServicePort service = service(heir, IpAddress.of("10.96.0.11"), 0, List.of(IpAddress.of("203.0.113.1")));
        ports.remove(name(Protocol.UDP));
        ports.put(new ResolvedPort(service, endpoints("2 RS")));
        history.note(ports, Changes.of(Set.of(name(Protocol.UDP), heir)));
        assertThat(judged(Protocol.UDP, LB, "10.0.0.1:80")).contains(ENDPOINT_GONE);
        assertThat(judged(Protocol.UDP, LB, "10.0.0.2:80")).isEmpty();
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.1:80")).contains(SERVICE_GONE);
    }

    @Test
    void aNodePortsNumberElsewhereIsNobodysBusiness() {
        in(Protocol.UDP, "1 RS");
        assertThat(judged(Protocol.UDP, "198.51.100.9:30053", "198.51.100.9:30053"))
                .isEmpty();
        assertThat(judged(Protocol.UDP, "198.51.100.9:30053", "10.0.0.7:80")).isEmpty();
        assertThat(judged(Protocol.SCTP, VIP, "10.0.0.7:80"))
                .as("another protocol")
                .isEmpty();
        assertThat(judged(Protocol.UDP, "10.96.0.10:54", "10.0.0.7:80")).isEmpty();
    }

    @Test
    void inAnotherZoneSomebodyElseMayTranslate() {
        in(Protocol.UDP, "1 RS");
        PortalTargets due = history.due();
        assertThat(due.staleReason(new EntryTuples(Protocol.UDP, end(VIP), end(VIP), false), address -> false))
                .isEmpty();
        assertThat(due.staleReason(
                        new EntryTuples(Protocol.UDP, end(VIP), end("10.0.0.7:80"), false), address -> false))
                .contains(ENDPOINT_GONE);
    }

    @Test
    void anEndpointThatIsTheAddressItselfIsNotUntranslated() {
        ServicePort service =
                service(name(Protocol.UDP), IpAddress.of("10.96.0.10"), 0, List.of(IpAddress.of("10.0.0.1")));
        ports.put(new ResolvedPort(withPort80(service), endpoints("1 RS")));
        history.note(ports, Changes.all());
        assertThat(judged(Protocol.UDP, "10.0.0.1:80", "10.0.0.1:80")).isEmpty();
    }

    @Test
    void aChangeThatMakesNoFlowStaleIsNothingToLookAt() {
        in(Protocol.UDP, "1 RS");
        settle();
        for (String endpoints : List.of("1 RS", "1 RS; 2 RS", "1 S; 2 RSL", "1 ST; 2 RS; 3", "1 RS; 2 RS z=a")) {
            in(Protocol.UDP, endpoints);
            assertThat(history.isDue()).as(endpoints).isFalse();
        }
        in(Protocol.UDP, "2 RS");
        assertThat(history.isDue()).isTrue();
    }

    @Test
    void aFullSyncThatFindsNothingNewIsNothingToLookAtUnlessSomebodyMeddled() {
        in(Protocol.UDP, "1 RS");
        settle();
        history.note(ports, Changes.all());
        assertThat(history.isDue()).isFalse();
        history.suspectAll();
        assertThat(history.isDue()).isTrue();
        assertThat(judged(Protocol.UDP, VIP, VIP)).contains(UNTRANSLATED);
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.1:80")).isEmpty();
    }

    @Test
    void aFullSyncNoticesWhatIsGone() {
        in(Protocol.UDP, "1 RS");
        settle();
        ports.remove(name(Protocol.UDP));
        history.note(ports, Changes.all());
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.1:80")).contains(SERVICE_GONE);
    }

    @Test
    void whatCouldNotBeLookedAtIsNotForgotten() {
        in(Protocol.UDP, "1 RS");
        settle();
        in(Protocol.UDP, "2 RS");
        ports.put(new ResolvedPort(service(Protocol.UDP, 30054, List.of()), endpoints("3 RS")));
        history.note(ports, Changes.of(Set.of(name(Protocol.UDP))));
        ports.remove(name(Protocol.UDP));
        history.note(ports, Changes.of(Set.of(name(Protocol.UDP))));
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.1:80")).contains(SERVICE_GONE);
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.2:80")).contains(SERVICE_GONE);
        assertThat(judged(Protocol.UDP, LB, "10.0.0.2:80")).contains(SERVICE_GONE);
        assertThat(judged(Protocol.UDP, "192.168.10.1:30054", "10.0.0.3:80")).contains(SERVICE_GONE);
        settle();
        assertThat(history.isDue()).isFalse();
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.1:80")).isEmpty();
    }

    @Test
    void tcpIsNeverLookedAt() {
        Protocol tcp = Protocol.TCP;
        in(tcp, "1 RS");
        in(tcp, "2 RS");
        assertThat(history.isDue()).isFalse();
        assertThat(judged(tcp, VIP, "10.0.0.1:80")).isEmpty();
        assertThatThrownBy(() -> new PortalHistory(ConntrackTargets.endpoints(), Set.of(tcp)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFlowToAnAddressThatAnotherHostHasNowBeginsAnew() {
        in(Protocol.UDP, "1 RS");
        settle();
        ServicePort owned = service(Protocol.UDP, 30053, List.of(IpAddress.of("203.0.113.1")))
                .withOwners(Map.of(IpAddress.of("203.0.113.1"), AddressOwner.NODE));
        ports.put(new ResolvedPort(owned, endpoints("1 RS")));
        history.note(ports, Changes.of(Set.of(name(Protocol.UDP))));

        assertThat(judged(Protocol.UDP, LB, "10.0.0.1:80")).isPresent();
        assertThat(judged(Protocol.UDP, VIP, "10.0.0.1:80")).isEmpty();
        assertThat(judged(Protocol.UDP, NODE_PORT, "10.0.0.1:80")).isEmpty();

        settle();
        history.note(ports, Changes.of(Set.of(name(Protocol.UDP))));
        assertThat(history.isDue()).isFalse();
        in(Protocol.UDP, "1 RS");
        assertThat(history.isDue()).as("the other host has it no more").isFalse();
    }

    private void in(Protocol protocol, String endpoints) {
        ports.put(
                new ResolvedPort(service(protocol, 30053, List.of(IpAddress.of("203.0.113.1"))), endpoints(endpoints)));
        history.note(ports, Changes.of(Set.of(name(protocol))));
    }

    private void settle() {
        history.due();
        history.settle();
    }

    private Optional<StaleReason> judged(Protocol protocol, String asked, String reached) {
        Set<IpAddress> node = Set.of(IpAddress.of("192.168.10.1"));
        return history.due().staleReason(new EntryTuples(protocol, end(asked), end(reached), true), node::contains);
    }

    private static SocketAddress end(String text) {
        int colon = text.lastIndexOf(':');
        return new SocketAddress(IpAddress.of(text.substring(0, colon)), Integer.parseInt(text.substring(colon + 1)));
    }

    private static EndpointSet endpoints(String text) {
        List<Endpoint> all = EndpointText.endpoints(text);
        return new EndpointSet(all, List.of(), all, !all.isEmpty(), all);
    }

    private static ServicePortName name(Protocol protocol) {
        return new ServicePortName(new ServiceName("kube-system", "dns"), "", protocol);
    }

    private static ServicePort service(Protocol protocol, int nodePort, List<IpAddress> vips) {
        return service(name(protocol), IpAddress.of("10.96.0.10"), nodePort, vips);
    }

    private static ServicePort service(ServicePortName name, IpAddress address, int nodePort, List<IpAddress> vips) {
        ServicePort.Addresses addresses = new ServicePort.Addresses(address, List.of(), vips, List.of());
        return new ServicePort(name, 53, nodePort, addresses, ServicePort.Policies.DEFAULT, Map.of());
    }

    private static ServicePort withPort80(ServicePort service) {
        return new ServicePort(service.name(), 80, 0, service.addresses(), service.policies(), Map.of());
    }
}
