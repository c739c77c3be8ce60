// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.kernel.KernelHandles;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.NetlinkIpSets;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.ipvs.NetlinkIpvs;
import dev.sluice.linux.process.SystemCommands;
import dev.sluice.linux.route.NetlinkLinks;
import dev.sluice.linux.sysctl.BootClock;
import dev.sluice.linux.sysctl.ProcSysctl;
import dev.sluice.testkit.contract.BackendInLab;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real packets through the real kernel; skipped where that has no IPVS, so it is run in a VM. */
@EnabledIf(value = "isRoot", disabledReason = "needs root to make network namespaces")
@Timeout(600)
@Tag("slow")
class IpvsTrafficTest {
    private static Lab lab;
    private IpFamily family = IpFamily.IPV4;
    private Optional<BackendInLab<IpvsBackend>> running = Optional.empty();

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    @BeforeAll
    static void build() throws Exception {
        lab = Lab.create();
        try (NetlinkIpvs ipvs = lab.node().call(NetlinkIpvs::open)) {
            assertThat(ipvs.virtualServers()).isEmpty();
        } catch (RuntimeException e) {
            if (e.getCause() instanceof NetlinkException refused && refused.notFound()) {
                lab.close();
                abort("this kernel has no IPVS: " + refused.getMessage());
            }
            throw e;
        }
    }

    @AfterAll
    static void remove() {
        lab.close();
    }

    private void start(IpFamily with) throws Exception {
        family = with;
        Cidr pods = Cidr.of(v4() ? "10.244.0.0/16" : "fd00:244::/32");
        IpvsConfig config = IpvsConfig.defaults(with).withLocalDetector(new LocalDetector.SourceCidr(pods));
        IptablesTools tools = lab.node().call(() -> IptablesTools.discover(new SystemCommands(), Optional.empty()));
        running = Optional.of(new BackendInLab<>(
                lab,
                with,
                () -> new IpvsBackend(
                        config,
                        new KernelHandles(
                                NetlinkIpvs.open(),
                                NetlinkIpSets.open(),
                                NetlinkLinks.open(),
                                tools.open(with),
                                new ProcSysctl()),
                        BootClock::nanos)));
        node().sync(Changes.all());
    }

    private BackendInLab<IpvsBackend> node() {
        return running.orElseThrow();
    }

    @AfterEach
    void stop() {
        running.ifPresent(BackendInLab::close);
        running = Optional.empty();
    }

    private boolean v4() {
        return family == IpFamily.IPV4;
    }

    private IpAddress address(String v4, String v6) {
        return IpAddress.of(v4() ? v4 : v6);
    }

    private IpAddress cluster() {
        return address("10.96.0.50", "fd00:96::50");
    }

    private ServicePorts service(Protocol protocol) {
        return ServicePorts.of(protocol, "shop/web", cluster().toString(), 80);
    }

    private List<Endpoint> endpoints(int port, String... pods) {
        return Arrays.stream(pods)
                .map(pod -> {
                    String at = LabAddresses.of(pod, family).toString();
                    return LabAddresses.nodeOf(pod).equals(LabAddresses.NODE_A)
                            ? Endpoints.local(at, port)
                            : Endpoints.remote(at, port);
                })
                .toList();
    }

    private void put(ServicePorts service, int port, String... pods) {
        node().snapshot.put(resolved(service.build(), endpoints(port, pods)));
        SyncReport report = node().sync();
        assertThat(report.problems()).isEmpty();
    }

    /** Rules, virtual servers, sets and links of the node, without counters. */
    private static String dump() {
        StringBuilder text = new StringBuilder();
        for (String command :
                List.of("ipvsadm -Sn", "ipset save", "ip -o addr show", "iptables-save", "ip6tables-save")) {
            lab.node()
                    .run(command.split(" "))
                    .output()
                    .lines()
                    .map(line -> line.replaceAll("\\[\\d+:\\d+\\]", ""))
                    .filter(line -> !line.startsWith("#"))
                    // a table that was once used stays known, with empty built-in chains
                    .filter(line -> !line.matches("\\*.*|COMMIT|:[A-Z]+ ACCEPT ?"))
                    .forEach(line -> text.append(line.strip()).append('\n'));
        }
        return text.toString();
    }

    private static Outcome.Answer answer(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Answer.class);
        return (Outcome.Answer) outcome;
    }

    private Outcome ask(LabHost host, Protocol protocol, IpAddress address, int port) {
        return protocol == Protocol.TCP ? host.tcp(address, port) : host.udp(address, port);
    }

    /** Trap 44. */
    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aClusterAddressReachesEveryEndpointAndSourcesAreNodeAddresses(IpFamily with) throws Exception {
        start(with);
        for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP)) {
            put(service(protocol), 5353, "a3", "b2");
            for (String host : List.of("a2", "node-a", "client")) {
                List<String> reached = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    Outcome.Answer answer = answer(ask(lab.host(host), protocol, cluster(), 80));
                    reached.add(answer.pod());
                    if (host.equals("a2")) {
                        assertThat(answer.peer()).isEqualTo(LabAddresses.of(host, with));
                    } else {
                        assertThat(LabAddresses.allOfNode(with))
                                .as(host + " " + protocol)
                                .contains(answer.peer());
                    }
                }
                assertThat(reached).as(host + " " + protocol).contains("a3", "b2");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aNodePortAnswersOnEveryNodeAddressFromEverywhere(IpFamily with) throws Exception {
        start(with);
        for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP)) {
            put(service(protocol).nodePort(30080), 5353, "a3", "b2");
            for (String host : List.of("a2", "node-a", "client")) {
                for (IpAddress node : LabAddresses.allOfNode(with)) {
                    for (int i = 0; i < 2; i++) {
                        Outcome.Answer answer = answer(ask(lab.host(host), protocol, node, 30080));
                        assertThat(LabAddresses.allOfNode(with))
                                .as(host + " " + protocol)
                                .contains(answer.peer());
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aPodReachesItselfThroughItsService(IpFamily with) throws Exception {
        start(with);
        put(service(Protocol.TCP).nodePort(30080), 8080, "a2");

        for (int i = 0; i < 3; i++) {
            Outcome.Answer answer = answer(lab.pod("a2").tcp(cluster(), 80));
            assertThat(answer.pod()).isEqualTo("a2");
            assertThat(LabAddresses.allOfNode(with)).contains(answer.peer());
        }
        assertThat(answer(lab.pod("a2").tcp(lab.node().address(with), 30080)).pod())
                .isEqualTo("a2");
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void withoutEndpointsEverybodyIsRefused(IpFamily with) throws Exception {
        start(with);
        for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP)) {
            put(service(protocol).nodePort(30080), 5353);
            for (String host : List.of("a2", "node-a", "client")) {
                assertThat(ask(lab.host(host), protocol, cluster(), 80))
                        .as("%s %s", host, protocol)
                        .isEqualTo(new Outcome.Refused());
            }
            assertThat(ask(lab.client(), protocol, lab.node().address(with), 30080))
                    .isEqualTo(new Outcome.Refused());
        }
    }

    /** Trap 45. */
    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aLocalPolicyKeepsTheClientsAddressAndTheNodeStillReachesIt(IpFamily with) throws Exception {
        start(with);
        IpAddress vip = address("203.0.113.10", "2001:db8::10");
        IpAddress external = address("203.0.113.11", "2001:db8::11");
        put(
                service(Protocol.TCP)
                        .loadBalancer(vip.toString())
                        .externalIps(external.toString())
                        .nodePort(30080)
                        .externalPolicyLocal(),
                8080,
                "a3",
                "b2");

        for (IpAddress address : List.of(vip, external)) {
            for (int i = 0; i < 3; i++) {
                Outcome.Answer answer = answer(lab.client().tcp(address, 80));
                assertThat(answer.pod()).isEqualTo("a3");
                assertThat(answer.peer()).isEqualTo(lab.client().address(with));
            }
            Outcome.Answer fromNode = answer(lab.node().tcp(address, 80));
            assertThat(LabAddresses.allOfNode(with)).contains(fromNode.peer());
            assertThat(answer(lab.pod("a2").tcp(address, 80)).peer()).isEqualTo(LabAddresses.of("a2", with));
        }
        Outcome.Answer byNodePort = answer(lab.client().tcp(lab.node().address(with), 30080));
        assertThat(byNodePort.peer()).isEqualTo(lab.client().address(with));
        assertThat(byNodePort.pod()).isEqualTo("a3");
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aLocalPolicyWithoutLocalEndpointsDropsWhatComesFromOutside(IpFamily with) throws Exception {
        start(with);
        IpAddress vip = address("203.0.113.10", "2001:db8::10");
        put(service(Protocol.TCP).loadBalancer(vip.toString()).nodePort(30080).externalPolicyLocal(), 8080, "b2");

        assertThat(lab.client().tcp(vip, 80)).isEqualTo(new Outcome.TimedOut());
        assertThat(lab.client().tcp(lab.node().address(with), 30080)).isEqualTo(new Outcome.TimedOut());
        assertThat(LabAddresses.allOfNode(with))
                .contains(answer(lab.node().tcp(vip, 80)).peer());
        assertThat(answer(lab.pod("a2").tcp(vip, 80)).pod()).isEqualTo("b2");
        assertThat(answer(lab.client().tcp(cluster(), 80)).pod()).isEqualTo("b2");
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void anInternalLocalPolicyWithoutLocalEndpointsDropsEverywhere(IpFamily with) throws Exception {
        start(with);
        put(service(Protocol.TCP).internalPolicyLocal(), 8080, "b2");

        assertThat(lab.pod("a2").tcp(cluster(), 80)).isEqualTo(new Outcome.TimedOut());
        assertThat(lab.node().tcp(cluster(), 80)).isEqualTo(new Outcome.TimedOut());
        put(service(Protocol.TCP).internalPolicyLocal(), 8080, "a3", "b2");
        assertThat(answer(lab.pod("a2").tcp(cluster(), 80)).pod()).isEqualTo("a3");
        assertThat(answer(lab.node().tcp(cluster(), 80)).pod()).isEqualTo("a3");
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void sourceRangesBindTheClientAndTheNode(IpFamily with) throws Exception {
        start(with);
        IpAddress vip = address("203.0.113.10", "2001:db8::10");
        ServicePorts service = service(Protocol.TCP).loadBalancer(vip.toString());
        put(service.sourceRanges(v4() ? "192.168.20.0/24" : "fd00:20::/64"), 8080, "a3", "b2");
        assertThat(answer(lab.client().tcp(vip, 80)).pod()).isNotEmpty();
        assertThat(lab.node().tcp(vip, 80)).isEqualTo(new Outcome.TimedOut());
        assertThat(lab.pod("a2").tcp(vip, 80)).isEqualTo(new Outcome.TimedOut());

        put(service.sourceRanges(v4() ? "192.168.10.0/24" : "fd00:10::/64"), 8080, "a3", "b2");
        assertThat(lab.client().tcp(vip, 80)).isEqualTo(new Outcome.TimedOut());
        assertThat(answer(lab.node().tcp(vip, 80)).pod()).isNotEmpty();
        assertThat(answer(lab.client().tcp(cluster(), 80)).pod())
                .as("the cluster address is open")
                .isNotEmpty();
    }

    /** Trap 16. */
    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aDaemonOfTheHostIsNotReachableThroughAServiceAddress(IpFamily with) throws Exception {
        start(with);
        put(service(Protocol.TCP), 8080, "a3");
        try (ServerSocketChannel daemon =
                lab.node().call(() -> ServerSocketChannel.open().bind(new InetSocketAddress(2222)))) {
            assertThat(daemon.isOpen()).isTrue();
            assertThat(lab.client().tcp(cluster(), 2222)).isEqualTo(new Outcome.Refused());
            assertThat(lab.pod("a2").tcp(cluster(), 2222)).isEqualTo(new Outcome.Refused());
        }
    }

    /** Trap 13. */
    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void anOpenConnectionOutlivesTheRemovalOfItsEndpoint(IpFamily with) throws Exception {
        start(with);
        put(service(Protocol.TCP), 8080, "b2");
        try (Connection connection =
                lab.client().caller().waiting(Duration.ofSeconds(5)).connect(cluster(), 80)) {
            assertThat(answer(connection.ask()).pod()).isEqualTo("b2");
            put(service(Protocol.TCP), 8080, "b3");
            assertThat(answer(lab.client().tcp(cluster(), 80)).pod()).isEqualTo("b3");
            node().sync(Changes.all());
            assertThat(answer(connection.ask()).pod()).as("while it drains").isEqualTo("b2");
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aSecondFullSyncSaysNothingAndTheCleanUpLeavesNothing(IpFamily with) throws Exception {
        String before = dump();
        start(with);
        put(
                service(Protocol.TCP)
                        .nodePort(30080)
                        .externalIps(address("203.0.113.11", "2001:db8::11").toString())
                        .loadBalancer(address("203.0.113.10", "2001:db8::10").toString())
                        .sourceRanges(v4() ? "192.168.20.0/24" : "fd00:20::/64"),
                8080,
                "a3",
                "b2");

        SyncReport report = node().sync(Changes.all());

        assertThat(report.full()).isTrue();
        assertThat(report.cost().messages()).isZero();
        assertThat(dump()).isNotEqualTo(before);
        stop();
        assertThat(dump()).isEqualTo(before);
    }
}
