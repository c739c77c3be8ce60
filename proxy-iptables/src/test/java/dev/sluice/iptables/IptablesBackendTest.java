// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.iptables.affinity.HostSets;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.render.SharedChains;
import dev.sluice.testkit.fake.FakeIptables;
import dev.sluice.testkit.model.SamplePorts;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IptablesBackendTest {
    private static final String FOREIGN_NAT = """
        *nat
        :DOCKER - [0:0]
        -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
        -A DOCKER -i docker0 -j RETURN
        COMMIT
        """;

    private final SamplePorts ports = new SamplePorts(IpFamily.IPV4);

    @Test
    void saysWhatItIs() {
        IptablesBackend backend = Node.v4().backend();

        assertThat(backend.mode()).isEqualTo(ProxyMode.IPTABLES);
        assertThat(backend.family()).isEqualTo(IpFamily.IPV4);
        assertThatThrownBy(() -> new IptablesBackend(
                        Node.V4,
                        new FakeIptables(IpFamily.IPV6),
                        Node.v4().sysctl,
                        Node.v4().links,
                        Node.v4().counters,
                        new HostSets(() -> Node.v4().sets)))
                .hasMessageContaining("IPv6");
    }

    @Test
    void writesNothingAfterARestart() throws SyncException {
        Node node = filled(60);
        node.restart();
        node.tools.resetCounts();

        SyncReport report = node.fullSync();

        assertThat(report.full()).isTrue();
        assertThat(report.cost()).isEqualTo(KernelCost.NONE);
        assertThat(node.tools.restores()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    @Tag("slow")
    void reachesTheSameStateStepByStepAsAtOnce(long seed) throws SyncException {
        Random chance = new Random(seed);
        Node stepByStep = Node.v4();
        stepByStep.fullSync();
        for (int step = 0; step < 60; step++) {
            for (int i = chance.nextInt(3); i >= 0; i--) {
                ResolvedPort port = ports.any(chance.nextInt(25), chance);
                if (chance.nextInt(4) == 0) {
                    stepByStep.snapshot.remove(port.name());
                } else {
                    stepByStep.snapshot.put(port);
                }
            }
            SyncReport report = stepByStep.sync();
            assertThat(report.full()).isFalse();

            Node atOnce = Node.v4();
            stepByStep.snapshot.ports().forEach(atOnce.snapshot::put);
            SyncReport whole = atOnce.fullSync();
            assertThat(stepByStep.dump("nat")).isEqualTo(atOnce.dump("nat"));
            assertThat(stepByStep.dump("filter")).isEqualTo(atOnce.dump("filter"));
            assertThat(report.applied()).isEqualTo(whole.applied());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void repairsWhateverItFinds(long seed) throws SyncException {
        Random chance = new Random(seed);
        Node node = filled(40);
        String nat = node.dump("nat");
        String filter = node.dump("filter");
        for (String table : List.of("nat", "filter")) {
            for (String chain : node.tools.inForce(table).chains()) {
                List<String> rules = node.tools.rules(table, chain);
                if (!rules.isEmpty() && chance.nextInt(4) == 0) {
                    String lost = rules.get(chance.nextInt(rules.size()));
                    node.tools.byOthers("*" + table + "\n-D " + chain + " " + lost + "\nCOMMIT\n");
                } else if (chain.startsWith("KUBE-") && chance.nextInt(4) == 0) {
                    node.tools.byOthers("*" + table + "\n-A " + chain + " -p tcp -j RETURN\nCOMMIT\n");
                }
            }
        }
        assertThat(node.dump("nat")).isNotEqualTo(nat);

        node.fullSync();

        assertThat(node.dump("nat")).isEqualTo(nat);
        assertThat(node.dump("filter")).isEqualTo(filter);
    }

    @Test
    void restoresEverythingAfterAFlush() throws SyncException {
        Node node = filled(20);
        String nat = node.dump("nat");
        node.tools.flush("nat");
        node.tools.flush("filter");

        node.fullSync();

        assertThat(node.dump("nat")).isEqualTo(nat);
    }

    @Test
    void comparesEverythingWhenAChangeIsRefused() throws SyncException {
        Node node = filled(20);
        node.tools.flush("nat");
        node.snapshot.put(ports.plain(2, 3));

        SyncReport report = node.sync();

        assertThat(report.full()).isTrue();
        assertThat(report.problems()).isEmpty();
        node.restart();
        assertThat(node.fullSync().cost()).isEqualTo(KernelCost.NONE);
    }

    @Test
    void keepsNodePortsLast() throws SyncException {
        Node node = filled(10);
        for (int i = 0; i < 5; i++) {
            node.snapshot.put(ports.plain(20 + i, 1));
            node.sync();
        }

        assertThat(node.tools.rules("nat", SharedChains.SERVICES).getLast()).endsWith("-j KUBE-NODEPORTS");
        String last = node.tools.rules("nat", SharedChains.SERVICES).getLast();
        node.tools.byOthers("*nat\n-D KUBE-SERVICES " + last + "\n-I KUBE-SERVICES " + last + "\nCOMMIT\n");
        node.fullSync();
        assertThat(node.tools.rules("nat", SharedChains.SERVICES))
                .endsWith(last)
                .containsOnlyOnce(last);
    }

    @Test
    void addsRefusalsBeforeNatStopsForwardingAndRemovesThemAfterItStarts() throws SyncException {
        Node node = Node.v4();
        var port =
                ServicePorts.tcp("shop/web", "10.96.0.50", 80).nodePort(30080).build();
        node.snapshot.put(resolved(port, remote("10.244.2.7", 8080)));
        node.fullSync();

        node.snapshot.put(resolved(port));
        node.sync();
        assertThat(tables(node.tools.lastInput())).containsExactly("*filter", "*nat");

        node.snapshot.put(resolved(port, remote("10.244.2.7", 8080)));
        node.sync();
        assertThat(tables(node.tools.lastInput())).containsExactly("*nat", "*filter");
    }

    @Test
    void costsTheSameHoweverManyServicesThereAre() throws SyncException {
        Node few = plain(50);
        Node many = plain(5_000);
        // above 1,000 endpoints rules carry fewer comments, so compare like with like
        few.snapshot.put(ports.plain(49, 1_100));
        few.fullSync();
        List<Consumer<Node>> changes = List.of(
                node -> node.snapshot.put(ports.plain(7, 2)),
                node -> node.snapshot.put(ports.plain(7, 0)),
                node -> node.snapshot.put(ports.plain(7, 1)),
                node -> node.snapshot.remove(ports.plain(7, 1).name()),
                node -> node.snapshot.put(ports.plain(7, 1)));

        for (Consumer<Node> change : changes) {
            change.accept(few);
            change.accept(many);
            SyncReport small = few.sync();
            SyncReport large = many.sync();
            assertThat(small.full() || large.full()).isFalse();
            assertThat(small.cost().bytes()).isBetween(1L, 1_500L);
            assertThat(large.cost().messages()).isEqualTo(small.cost().messages());
            // the names of branches are a little longer than that of the shared chain
            assertThat(large.cost().bytes())
                    .isBetween(small.cost().bytes(), small.cost().bytes() + 30);
        }
    }

    @Test
    void writesManyRulesInBatches() throws SyncException {
        Node node = plain(3_000);

        assertThat(node.tools.inputs())
                .hasSizeGreaterThan(4)
                .allSatisfy(input -> assertThat(input.lines().count()).isLessThan(5_000));
        assertThat(node.tools.rules("nat", SharedChains.SERVICES)).hasSizeLessThan(20);
        String last = node.tools.inputs().getLast();
        assertThat(last).as("the jump to a branch is written last").contains("-I KUBE-SERVICES -d 10.96.0.0/24");
    }

    @Test
    void writesAFewServicesInOneRestore() throws SyncException {
        Node node = plain(50);

        assertThat(node.tools.inputs())
                .singleElement()
                .satisfies(input -> assertThat(input)
                        .as("refusals stand before nat leads elsewhere")
                        .startsWith("*filter\n")
                        .containsOnlyOnce("*nat\n"));
        assertThat(node.fullSync().cost()).isEqualTo(KernelCost.NONE);
    }

    @Test
    void leavesForeignRulesAlone() throws SyncException {
        Node node = Node.v4();
        node.tools.byOthers(FOREIGN_NAT);
        node.snapshot.put(ports.plain(1, 2));

        node.fullSync();

        assertThat(node.tools.rules("nat", "DOCKER")).containsExactly("-i docker0 -j RETURN");
        assertThat(node.tools.rules("nat", "PREROUTING"))
                .containsExactly(
                        "-m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES",
                        "-m addrtype --dst-type LOCAL -j DOCKER");
    }

    @Test
    void deletesWhatAnEarlierProcessLeft() throws SyncException {
        Node node = filled(30);
        node.restart();
        List.copyOf(node.snapshot.ports()).forEach(port -> node.snapshot.remove(port.name()));
        node.snapshot.put(ports.plain(1, 2));

        node.fullSync();

        Node fresh = Node.v4();
        fresh.snapshot.put(ports.plain(1, 2));
        fresh.fullSync();
        assertThat(node.dump("nat")).isEqualTo(fresh.dump("nat"));
        assertThat(node.dump("filter")).isEqualTo(fresh.dump("filter"));
    }

    @Test
    void rendersAgainWhenTheNodeAddressChanges() throws SyncException {
        Node node = Node.v4();
        var port = ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                .loadBalancer("203.0.113.10")
                .sourceRanges("198.51.100.0/24");
        node.snapshot.put(resolved(port.build(), remote("10.244.2.7", 8080)));
        node.fullSync();
        node.snapshot.node(new NodeFacts("node", "", List.of(IpAddress.of("198.51.100.4")), List.of()));

        assertThat(node.sync().full()).isTrue();
        assertThat(node.dump("nat")).contains("-s 203.0.113.10/32 ");
    }

    @Test
    void dropsTheCommentsOfEndpointsOnlyAtAFullSync() throws SyncException {
        Node node = Node.v4();
        node.snapshot.put(ports.plain(1, 1));
        node.fullSync();
        node.snapshot.put(ports.plain(2, 1_000));

        SyncReport change = node.sync();

        assertThat(change.full()).isFalse();
        assertThat(node.dump("nat")).contains(" -> 10.110.0.2:8080");
        node.fullSync();
        assertThat(node.dump("nat")).doesNotContain(" -> ");
    }

    @Test
    void countsAppliedRules() throws SyncException {
        Node node = Node.v4();
        node.snapshot.put(ports.plain(1, 2)).put(ports.plain(2, 0));

        Map<ObjectKind, Long> applied = node.fullSync().applied();

        // own chains: 3 rules of SVC, 4 of SEP; shared: 1 of the port, 1 for node ports, 4 for marks
        assertThat(applied).containsEntry(ObjectKind.rules("iptables.nat.rules", "nat"), 13L);
        // 1 refusal, 3 of KUBE-FORWARD, 1 of KUBE-FIREWALL
        assertThat(applied).containsEntry(ObjectKind.rules("iptables.filter.rules", "filter"), 5L);
    }

    @Test
    void isFullAgainAfterAFailure() throws SyncException {
        Node node = filled(5);
        node.snapshot.put(ports.plain(3, 2));
        node.tools.failNextSave("Another app is currently holding the xtables lock");

        assertThatThrownBy(node::fullSync).isInstanceOf(SyncException.class).hasMessageContaining("xtables lock");

        assertThat(node.sync().full()).isTrue();
        assertThat(node.dump("nat")).contains("10.111.0.4:8080");
    }

    @Test
    void doesNothingForNothing() throws SyncException {
        Node node = filled(5);
        node.tools.resetCounts();

        SyncReport report = node.backend().sync(node.snapshot, Changes.of(Set.of()));

        assertThat(report.cost()).isEqualTo(KernelCost.NONE);
        assertThat(node.tools.restores()).isZero();
    }

    private Node filled(int count) throws SyncException {
        Node node = Node.v4();
        Random chance = new Random(count);
        for (int number = 0; number < count; number++) {
            node.snapshot.put(ports.any(number, chance));
        }
        assertThat(node.fullSync().problems()).isEmpty();
        return node;
    }

    private Node plain(int count) throws SyncException {
        Node node = new Node(IptablesConfig.defaults(IpFamily.IPV4));
        for (int number = 0; number < count; number++) {
            node.snapshot.put(ports.plain(number, 1));
        }
        node.fullSync();
        return node;
    }

    private static List<String> tables(String input) {
        return input.lines().filter(line -> line.startsWith("*")).toList();
    }
}
