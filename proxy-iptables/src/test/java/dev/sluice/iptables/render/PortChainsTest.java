// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.remoteTerminating;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.config.Masquerade;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.config.IptablesOptions;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The chains of a port: which exist, and what is in them. */
class PortChainsTest {
    private static final String H = "67NZLRHBNDSAWJRO";
    private static final String SVC = "KUBE-SVC-" + H;
    private static final String SVL = "KUBE-SVL-" + H;
    private static final String EXT = "KUBE-EXT-" + H;
    private static final String FW = "KUBE-FW-" + H;
    private static final Endpoint HERE = local("10.244.1.5", 8080);
    private static final Endpoint ELSEWHERE = remote("10.244.2.7", 8080);
    private static final LocalDetector PODS = new LocalDetector.SourceCidr(Cidr.of("10.244.0.0/16"));

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web:http", "10.96.0.50", 80);
    }

    @Test
    void areNoneWithoutEndpoints() {
        assertThat(chains(web().nodePort(30080).loadBalancer("192.0.2.7").sourceRanges("10.0.0.0/8")))
                .isEmpty();
    }

    @Test
    void areAsFewAsPossible() {
        assertThat(chains(web(), HERE).keySet()).containsExactly(SVC, sep("10.244.1.5:8080", HERE));
        assertThat(chains(web().internalPolicyLocal(), HERE, ELSEWHERE).keySet())
                .as("endpoints elsewhere are of no use")
                .containsExactly(SVL, sep("10.244.1.5:8080", HERE));
        assertThat(chains(web().internalPolicyLocal(), ELSEWHERE)).isEmpty();
        assertThat(chains(web().sourceRanges("10.0.0.0/8").nodePort(30080), HERE)
                        .keySet())
                .as("ranges bind load balancer addresses only")
                .doesNotContain(FW);
        assertThat(chains(web().externalPolicyLocal(), HERE).keySet())
                .as("nothing comes from outside")
                .doesNotContain(EXT, SVL);
    }

    @Test
    void shareEndpointsBetweenPolicies() {
        var chains = chains(web().nodePort(30080).externalPolicyLocal(), HERE, ELSEWHERE);

        assertThat(chains.keySet())
                .containsExactly(EXT, SVC, SVL, sep("10.244.1.5:8080", HERE), sep("10.244.2.7:8080", ELSEWHERE));
        assertThat(chains.get(SVL))
                .containsExactly(
                        "-m comment --comment \"shop/web:http -> 10.244.1.5:8080\" -j " + sep("10.244.1.5:8080", HERE));
    }

    static Stream<Arguments> detectors() {
        String match = " -p tcp -m comment --comment \"shop/web:http cluster IP\" -m tcp --dport 80 -j KUBE-MARK-MASQ";
        return Stream.of(
                Arguments.of(new LocalDetector.None(), false, List.of()),
                Arguments.of(new LocalDetector.None(), true, List.of("-d 10.96.0.50/32" + match)),
                Arguments.of(PODS, false, List.of("! -s 10.244.0.0/16 -d 10.96.0.50/32" + match)),
                Arguments.of(PODS, true, List.of("-d 10.96.0.50/32" + match)),
                Arguments.of(new LocalDetector.Bridge("cni0"), false, List.of("-d 10.96.0.50/32 ! -i cni0" + match)),
                Arguments.of(
                        new LocalDetector.InterfacePrefix("cali"),
                        false,
                        List.of("-d 10.96.0.50/32 ! -i cali+" + match)));
    }

    @ParameterizedTest(name = "{0}, masquerade all: {1}")
    @MethodSource("detectors")
    void masqueradeWhatIsNotFromPods(LocalDetector detector, boolean all, List<String> head) {
        List<String> rules = rules(chains(config(detector, all), web(), HERE), SVC);

        assertThat(rules.subList(0, rules.size() - 1)).isEqualTo(head);
    }

    static Stream<Arguments> pods() {
        return Stream.of(
                Arguments.of(PODS, List.of("-s 10.244.0.0/16 ")),
                Arguments.of(new LocalDetector.Bridge("cni0"), List.of("-i cni0 ")),
                Arguments.of(new LocalDetector.InterfacePrefix("cali"), List.of("-i cali+ ")),
                Arguments.of(new LocalDetector.None(), List.of()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pods")
    void shortCircuitPodsUnderTheLocalPolicy(LocalDetector detector, List<String> match) {
        var chains = chains(config(detector, false), web().nodePort(30080).externalPolicyLocal(), ELSEWHERE);

        assertThat(chains.get(EXT))
                .containsExactlyElementsOf(Stream.concat(
                                match.stream()
                                        .map(m -> m + "-m comment --comment"
                                                + " \"pod traffic for shop/web:http external destinations\" -j " + SVC),
                                Stream.of(
                                        "-m comment --comment \"masquerade LOCAL traffic for shop/web:http external"
                                                + " destinations\" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ",
                                        "-m comment --comment"
                                                + " \"route LOCAL traffic for shop/web:http external destinations\""
                                                + " -m addrtype --src-type LOCAL -j " + SVC))
                        .toList());
    }

    @Test
    void limitLoadBalancerSources() {
        ServicePorts port = web().loadBalancer("192.0.2.7").sourceRanges("10.0.0.0/8", "172.16.0.0/12");
        String named = " -m comment --comment \"shop/web:http loadbalancer IP\" -j " + EXT;
        String rest = "-m comment --comment \"other traffic to shop/web:http will be dropped by KUBE-PROXY-FIREWALL\"";

        assertThat(chains(port, HERE).get(FW))
                .containsExactly("-s 10.0.0.0/8" + named, "-s 172.16.0.0/12" + named, rest);
        var onAllowedNode = new RenderContext(IptablesConfig.defaults(IpFamily.IPV4), IpAddress.of("10.9.9.9"), true);
        assertThat(PortRules.render(onAllowedNode, resolved(port.build(), HERE))
                        .chains()
                        .get(FW))
                .containsExactly("-s 10.0.0.0/8" + named, "-s 172.16.0.0/12" + named, "-s 192.0.2.7/32" + named, rest);
    }

    @Test
    void spreadEvenly() {
        List<String> rules = rules(chains(web(), HERE, ELSEWHERE, remote("10.244.3.1", 8080)), SVC);

        assertThat(rules).hasSize(3);
        assertThat(rules.get(0)).contains("--probability 0.33333333349 ");
        assertThat(rules.get(1)).contains("--probability 0.50000000000 ");
        assertThat(rules.get(2)).doesNotContain("statistic");
    }

    @Test
    void rememberClients() {
        String sep = sep("10.244.1.5:8080", HERE);
        var chains = chains(web().affinity(3600), HERE, ELSEWHERE);

        assertThat(rules(chains, SVC)).hasSize(4);
        assertThat(rules(chains, SVC).getFirst())
                .isEqualTo("-m comment --comment \"shop/web:http -> 10.244.1.5:8080\" -m set --match-set " + sep
                        + " src -j " + sep);
        assertThat(rules(chains, sep))
                .endsWith(
                        "-m comment --comment \"shop/web:http\" -j SET --add-set " + sep
                                + " src --exist --timeout 3600",
                        "-p tcp -m comment --comment \"shop/web:http\" -m tcp -j DNAT --to-destination 10.244.1.5:8080");
    }

    @Test
    void rememberClientsInListsWhereThereAreNoSets() {
        String sep = sep("10.244.1.5:8080", HERE);
        var context = new RenderContext(IptablesConfig.defaults(IpFamily.IPV4), null, true)
                .with(ClientMemory.lists("a kernel without sets"));
        var rendered = PortRules.render(context, resolved(web().affinity(3600).build(), HERE, ELSEWHERE));
        var chains = rendered.chains();

        assertThat(rendered.clientSets()).isEmpty();
        assertThat(rules(chains, SVC).getFirst())
                .isEqualTo("-m comment --comment \"shop/web:http -> 10.244.1.5:8080\" -m recent --rcheck --seconds 3600"
                        + " --reap --name " + sep + " --mask 255.255.255.255 --rsource -j " + sep);
        assertThat(rules(chains, sep).get(1))
                .isEqualTo("-p tcp -m comment --comment \"shop/web:http\" -m recent --set --name " + sep
                        + " --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.1.5:8080");
    }

    @Test
    void nameTheSetsOfEachFamilyApart() {
        Endpoint six = local("fd00:244::5", 8080);
        var port = ServicePorts.udp("shop/dns", "fd00:96::53", 53).affinity(60).build();
        var context = new RenderContext(IptablesConfig.defaults(IpFamily.IPV6), null, true);

        var rendered = PortRules.render(context, resolved(port, six));

        String hash = PortChainNames.endpoint(port.name(), six).substring("KUBE-SEP-".length());
        assertThat(rendered.clientSets()).containsOnly(Map.entry("KUBE-6-SEP-" + hash, 60));
        assertThat(rules(rendered.chains(), "KUBE-SEP-" + hash))
                .anyMatch(rule -> rule.contains("-j SET --add-set KUBE-6-SEP-" + hash + " src "));
        assertThat(ClientSetNames.isOurs(IpFamily.IPV4, "KUBE-6-SEP-" + hash)).isFalse();
        assertThat(ClientSetNames.isOurs(IpFamily.IPV6, "KUBE-6-SEP-" + hash)).isTrue();
    }

    @Test
    void markHairpins() {
        Endpoint six = local("fd00:244::5", 8080);
        var port = ServicePorts.udp("shop/dns", "fd00:96::53", 53).build();
        var rendering = new RenderContext(IptablesConfig.defaults(IpFamily.IPV6), null, true);

        assertThat(PortRules.render(rendering, resolved(port, six))
                        .chains()
                        .get(PortChainNames.endpoint(port.name(), six)))
                .containsExactly(
                        "-s fd00:244::5/128 -m comment --comment \"shop/dns\" -j KUBE-MARK-MASQ",
                        "-p udp -m comment --comment \"shop/dns\" -m udp -j DNAT --to-destination [fd00:244::5]:8080");
    }

    @Test
    void useTerminatingEndpointsWhenNothingElseIsLeft() {
        assertThat(chains(web(), remoteTerminating("10.244.2.7", 8080)).get(SVC))
                .hasSize(1);
    }

    @Test
    void loseOnlyTheCommentsOfEndpointsInLargeClusters() {
        var port = resolved(web().nodePort(30080).affinity(60).build(), HERE, ELSEWHERE);
        var with = new RenderContext(config(PODS, false), null, true);
        var without = new RenderContext(config(PODS, false), null, false);

        var commented = PortRules.render(with, port);
        var bare = PortRules.render(without, port);

        assertThat(bare.nat()).isEqualTo(commented.nat());
        assertThat(bare.chains().get(EXT)).isEqualTo(commented.chains().get(EXT));
        assertThat(rules(bare.chains(), SVC).getFirst()).contains("cluster IP");
        assertThat(rules(bare.chains(), SVC).stream().skip(1))
                .allSatisfy(rule -> assertThat(rule).doesNotContain("comment"));
        assertThat(bare.chains().get(sep("10.244.1.5:8080", HERE))).noneMatch(rule -> rule.contains("comment"));
    }

    @Test
    void keepOneRulePerEndpointHoweverMany() {
        Endpoint[] many = IntStream.range(0, 300)
                .mapToObj(i -> remote("10.250." + i / 200 + "." + (1 + i % 200), 80))
                .toArray(Endpoint[]::new);

        assertThat(chains(web(), many)).hasSize(301);
        assertThat(chains(web(), many).get(SVC)).hasSize(300);
    }

    private static List<String> rules(Map<String, List<String>> chains, String chain) {
        return Objects.requireNonNull(chains.get(chain), chain);
    }

    private static String sep(String key, Endpoint endpoint) {
        assertThat(endpoint.socketAddress()).hasToString(key);
        return PortChainNames.endpoint(web().build().name(), endpoint);
    }

    private static IptablesConfig config(LocalDetector detector, boolean masqueradeAll) {
        IptablesConfig base = IptablesConfig.defaults(IpFamily.IPV4);
        return new IptablesConfig(
                base.common().withLocalDetector(detector),
                new IptablesOptions(new Masquerade(base.masqueradeBit(), masqueradeAll), base.localhostNodePorts()));
    }

    private static Map<String, List<String>> chains(ServicePorts port, Endpoint... endpoints) {
        return chains(IptablesConfig.defaults(IpFamily.IPV4), port, endpoints);
    }

    private static Map<String, List<String>> chains(IptablesConfig config, ServicePorts port, Endpoint... endpoints) {
        return PortRules.render(new RenderContext(config, null, true), resolved(port.build(), endpoints))
                .chains();
    }
}
