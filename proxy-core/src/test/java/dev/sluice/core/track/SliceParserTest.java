// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.EndpointBuilder.endpoint;
import static dev.sluice.core.fixture.SliceBuilder.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.fixture.EndpointBuilder;
import dev.sluice.core.fixture.SliceBuilder;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SliceParserTest {

    private static ParsedSlice parse(SliceBuilder slice) {
        return SliceParser.parse(slice.build(), "node-a");
    }

    private static SliceBuilder web() {
        return slice("shop/web-1", "web").tcp("http", 8080);
    }

    private static Slice.Address only(EndpointBuilder endpoint) {
        ParsedSlice parsed = parse(web().add(endpoint));
        assertThat(parsed.problems()).isEmpty();
        return parsed.slice().orElseThrow().addresses().getFirst();
    }

    private static List<String> problems(ParsedSlice parsed) {
        return parsed.problems().stream()
                .map(p -> p.severity() + " " + p.field())
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"IPv4, 10.0.0.1, IPV4", "IPv6, fd00::1, IPV6"})
    void addressTypeIsTheFamily(String type, String address, IpFamily family) {
        ParsedSlice parsed = parse(web().addressType(type).ready(address));
        assertThat(parsed.problems()).isEmpty();
        assertThat(parsed.slice().orElseThrow().family()).isEqualTo(family);
    }

    @ParameterizedTest
    @ValueSource(strings = {"FQDN", "", "ipv4"})
    void otherAddressTypesAreLeftOutAndSaid(String type) {
        ParsedSlice parsed = parse(web().addressType(type).ready("example.com"));
        assertThat(parsed.slice()).isEmpty();
        assertThat(problems(parsed)).containsExactly("SKIPPED addressType");
    }

    @Test
    void labelNamesTheOwner() {
        assertThat(parse(web()).slice().orElseThrow().owner()).isEqualTo(new ServiceName("shop", "web"));
    }

    @Test
    void missingOrEmptyServiceLabelIsAProblem() {
        assertThat(problems(parse(web().withoutLabels()))).containsExactly("SKIPPED metadata.labels");
        ParsedSlice empty = parse(slice("shop/web-1", ""));
        assertThat(empty.slice()).isEmpty();
        assertThat(empty.problems().getFirst().toString())
                .startsWith("EndpointSlice shop/web-1: metadata.labels: kubernetes.io/service-name is absent");
    }

    @Test
    void absentPortNameOrNumberSkipsThePort() {
        ParsedSlice parsed = parse(slice("shop/web-1", "web")
                .port(null, "TCP", 80)
                .port("a", "TCP", null)
                .port("b", "TCP", 0)
                .port("c", "TCP", 65536)
                .port("d", "ICMP", 80)
                .port("e", "UDP", 53));
        assertThat(parsed.slice().orElseThrow().ports()).containsExactly(new Slice.Port("e", Protocol.UDP, 53));
        assertThat(problems(parsed))
                .containsExactly(
                        "IGNORED ports[0].name",
                        "IGNORED ports[1].port",
                        "IGNORED ports[2].port",
                        "IGNORED ports[3].port",
                        "IGNORED ports[4].protocol");
    }

    @Test
    void absentProtocolIsTcp() {
        assertThat(parse(slice("shop/web-1", "web").port("", null, 80))
                        .slice()
                        .orElseThrow()
                        .ports())
                .containsExactly(new Slice.Port("", Protocol.TCP, 80));
    }

    @Test
    void onlyTheFirstAddressIsUsed() {
        assertThat(only(endpoint("10.0.0.1", "10.0.0.2")).address()).hasToString("10.0.0.1");
    }

    @Test
    void endpointWithoutAddressIsSkippedSilently() {
        ParsedSlice parsed = parse(web().add(endpoint()).ready("10.0.0.1"));
        assertThat(parsed.slice().orElseThrow().addresses()).hasSize(1);
        assertThat(parsed.problems()).isEmpty();
    }

    @Test
    void addressIsNormalised() {
        assertThat(only(endpoint("010.000.000.001")).address()).hasToString("10.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"web-0", "fd00::1", "0.0.0.0", "10.0.0.1/32"})
    void badAddressIsIgnoredAndTheOthersStand(String address) {
        ParsedSlice parsed = parse(web().ready("10.0.0.1", address));
        assertThat(parsed.slice().orElseThrow().addresses()).hasSize(1);
        assertThat(problems(parsed)).containsExactly("IGNORED endpoints[1].addresses[0]");
    }

    @ParameterizedTest
    @CsvSource({"node-a, true", "node-b, false", ", false"})
    void localMeansThisNode(@Nullable String node, boolean local) {
        assertThat(only(endpoint("10.0.0.1").node(node)).local()).isEqualTo(local);
    }

    @Test
    void emptyOwnNodeNameMakesNothingLocal() {
        Slice slice = SliceParser.parse(web().add(endpoint("10.0.0.1").node("")).build(), "")
                .slice()
                .orElseThrow();
        assertThat(slice.addresses().getFirst().local()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        // ready, serving, terminating as the API says them, and as they count
        ",      ,      ,      true,  true,  false",
        "false, ,      ,      false, true,  false",
        "false, false, ,      false, false, false",
        "true,  ,      true,  true,  true,  true",
        "false, true,  true,  false, true,  true",
    })
    void absentConditionsAreReadyServingAndNotTerminating(
            @Nullable Boolean ready,
            @Nullable Boolean serving,
            @Nullable Boolean terminating,
            boolean isReady,
            boolean isServing,
            boolean isTerminating) {
        Slice.Address address = only(endpoint("10.0.0.1").conditions(ready, serving, terminating));
        assertThat(address.ready()).isEqualTo(isReady);
        assertThat(address.serving()).isEqualTo(isServing);
        assertThat(address.terminating()).isEqualTo(isTerminating);
    }

    @Test
    void hintsAreSets() {
        Slice.Address address =
                only(endpoint("10.0.0.1").zoneHints("b", "a", "b").nodeHints("node-a"));
        assertThat(address.zoneHints()).containsExactlyInAnyOrder("a", "b");
        assertThat(address.nodeHints()).containsExactly("node-a");
    }

    @Test
    void whatTheProxyDoesNotReadMakesNoDifference() {
        Slice before = parse(web().ready("10.0.0.1")).slice().orElseThrow();
        Slice after = parse(web().ready("10.0.0.1")
                        .triggered("2026-01-01T00:00:00Z")
                        .annotation("sluice.dev/x", "y")
                        .label("app", "web"))
                .slice()
                .orElseThrow();
        assertThat(after).isEqualTo(before);
    }

    @Test
    void podsAreTold() {
        assertThat(only(endpoint("10.0.0.1").target("uid-1")).target())
                .isNotZero()
                .isNotEqualTo(only(endpoint("10.0.0.1").target("uid-2")).target());
        assertThat(only(endpoint("10.0.0.1")).target()).isZero();
    }
}
