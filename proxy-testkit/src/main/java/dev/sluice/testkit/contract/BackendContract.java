// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.testkit.fake.FakeHost;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.model.SamplePorts;
import dev.sluice.testkit.model.ServicePorts;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The contract that every mode keeps, whatever it writes to the kernel. A mode's test extends this class and supplies
 * its module; what is special about the mode is tested elsewhere.
 */
public abstract class BackendContract {
    private static final int PORTS = 25;
    private static final int STEPS = 40;

    /** The mode's module on {@code host}. */
    protected abstract ProxyModule module(FakeHost host);

    /** A host with what the mode needs. */
    protected FakeHost host(IpFamily family) {
        return FakeHost.withNode(node(family));
    }

    /** The node address that the API server knows. */
    protected IpAddress node(IpFamily family) {
        return LabAddresses.of(LabAddresses.NODE_A, family);
    }

    /** Whether the mode writes to the kernel. */
    protected boolean writes() {
        return true;
    }

    /** Whether the mode carries {@code protocol}. */
    protected boolean carries(Protocol protocol) {
        return true;
    }

    /**
     * {@code dump} without what may differ between two nodes that carry traffic alike, e.g. an order without meaning.
     */
    protected List<String> comparable(List<String> dump) {
        return dump;
    }

    /** {@code dump} with the rules of {@code chains} sorted, because their order has no meaning. */
    protected static List<String> unordered(List<String> dump, Predicate<KernelObject> chains) {
        return dump.stream()
                .sorted(Comparator.comparing(line -> {
                    String place = line.split(":", 2)[0];
                    String[] words = place.split(" ", 3); // family, table, chain
                    return words.length == 3 && chains.test(new KernelObject(words[1], words[2])) ? line : place;
                }))
                .toList();
    }

    private ModeOnHost start(IpFamily family) {
        return new ModeOnHost(family, host(family), this::module, node(family));
    }

    private ModeOnHost filled(IpFamily family, long seed) throws SyncException {
        ModeOnHost node = start(family);
        fill(node, seed);
        return node;
    }

    private void fill(ModeOnHost node, long seed) throws SyncException {
        Random chance = new Random(seed);
        SamplePorts ports = new SamplePorts(node.family);
        for (int number = 0; number < PORTS; number++) {
            node.snapshot.put(ports.any(number, chance));
        }
        node.full();
    }

    private List<String> state(ModeOnHost node) {
        return comparable(node.dump());
    }

    @ParameterizedTest
    @EnumSource
    void tellsItsModeAndFamily(IpFamily family) {
        try (ModeOnHost node = start(family)) {
            assertThat(node.backend().mode()).isEqualTo(node.module().mode());
            assertThat(node.backend().family()).isEqualTo(family);
            assertThat(node.module().conntrack(family)).isNotNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void knowsNoServiceBeforeTheFirstSync(IpFamily family) {
        ResolvedPort web = web(family, 1);
        try (ModeOnHost node = start(family)) {
            assertThat(node.explain(web).verdict()).isEqualTo(Verdict.NOT_A_SERVICE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSecondFullSyncWritesNothing(IpFamily family) throws SyncException {
        try (ModeOnHost node = filled(family, 1)) {
            List<String> before = node.dump();
            node.host.resetCounters();

            SyncReport report = node.full();

            assertThat(report.full()).isTrue();
            assertThat(report.cost()).isEqualTo(KernelCost.NONE);
            assertThat(node.host.writes()).isZero();
            assertThat(node.dump()).containsExactlyElementsOf(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anotherProcessAdoptsWhatItFinds(IpFamily family) throws SyncException {
        try (ModeOnHost node = filled(family, 2)) {
            List<String> before = state(node);
            node.restart();
            assertThat(state(node)).as("while nobody runs").containsExactlyElementsOf(before);

            node.full();

            assertThat(state(node)).containsExactlyElementsOf(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anotherProcessRemovesWhatIsStale(IpFamily family) throws SyncException {
        try (ModeOnHost node = filled(family, 3);
                ModeOnHost fresh = start(family)) {
            node.restart();
            List.copyOf(node.snapshot.ports()).forEach(port -> node.snapshot.remove(port.name()));
            node.snapshot.put(web(family, 2));
            node.full();
            node.settle();
            fresh.snapshot.put(web(family, 2));
            fresh.full();

            assertThat(state(node)).containsExactlyElementsOf(state(fresh));
        }
    }

    @ParameterizedTest
    @EnumSource
    void stepByStepEndsWhereAtOnceEnds(IpFamily family) throws SyncException {
        Random chance = new Random(4);
        SamplePorts ports = new SamplePorts(family);
        try (ModeOnHost node = start(family)) {
            node.full();
            for (int step = 1; step <= STEPS; step++) {
                for (int i = chance.nextInt(3); i >= 0; i--) {
                    ResolvedPort port = ports.any(chance.nextInt(PORTS), chance);
                    if (chance.nextInt(4) == 0) {
                        node.snapshot.remove(port.name());
                    } else {
                        node.snapshot.put(port);
                    }
                }
                SyncReport report = node.changed();
                assertThat(report.full()).as("step %s", step).isFalse();
                if (step % 8 == 0) {
                    node.settle();
                    compareWithFresh(node, step);
                }
            }
        }
    }

    private void compareWithFresh(ModeOnHost node, int step) throws SyncException {
        try (ModeOnHost fresh = start(node.family)) {
            node.snapshot.ports().forEach(fresh.snapshot::put);
            SyncReport atOnce = fresh.full();
            assertThat(state(node)).as("step %s", step).containsExactlyElementsOf(state(fresh));
            SyncReport stepByStep = node.changed();
            assertThat(stepByStep.applied()).isEqualTo(atOnce.applied());
            assertThat(stepByStep.problems()).isEqualTo(atOnce.problems());
        }
    }

    @ParameterizedTest
    @EnumSource
    void noChangeCostsNothing(IpFamily family) throws SyncException {
        try (ModeOnHost node = filled(family, 5)) {
            node.host.resetCounters();

            SyncReport report = node.backend().sync(node.snapshot, Changes.of(Set.of()));

            assertThat(report.full()).isFalse();
            assertThat(report.cost()).isEqualTo(KernelCost.NONE);
            assertThat(node.host.writes()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aChangeCostsTheSameAtAnySize(IpFamily family) throws SyncException {
        KernelCost few = costOfAChange(family, 10);
        KernelCost many = costOfAChange(family, 400);

        assertThat(many.messages()).isEqualTo(few.messages());
        // names of branches and socket numbers vary in length by a few characters
        assertThat(many.bytes()).isBetween(few.bytes() - 100, few.bytes() + 100);
    }

    private KernelCost costOfAChange(IpFamily family, int services) throws SyncException {
        SamplePorts ports = new SamplePorts(family);
        try (ModeOnHost node = start(family)) {
            for (int number = 0; number < services; number++) {
                node.snapshot.put(ports.plain(number, 1));
            }
            node.full();
            SyncReport report = node.changedTo(ports.plain(3, 2));
            assertThat(report.full()).isFalse();
            return report.cost();
        }
    }

    @ParameterizedTest
    @EnumSource
    void objectsOfOthersStay(IpFamily family) throws SyncException {
        assumeTrue(writes());
        try (ModeOnHost node = start(family)) {
            ForeignObjects.add(node.host, family);
            List<String> foreign = ForeignObjects.of(node.dump());
            fill(node, 6);
            assertThat(ForeignObjects.of(node.dump())).as("after a sync").isEqualTo(foreign);
            node.changedTo(web(family, 0));
            node.restart();
            node.full();
            assertThat(ForeignObjects.of(node.dump())).as("after a restart").isEqualTo(foreign);
            node.backend().cleanUp();
            assertThat(ForeignObjects.of(node.dump())).as("after the clean-up").isEqualTo(foreign);
        }
    }

    @ParameterizedTest
    @EnumSource
    void cleanUpLeavesTheNodeAsBefore(IpFamily family) throws SyncException {
        try (ModeOnHost node = start(family)) {
            ForeignObjects.add(node.host, family);
            List<String> before = node.dump();
            fill(node, 7);
            assertThat(node.dump().equals(before)).isEqualTo(!writes());

            node.backend().cleanUp();

            assertThat(node.dump()).containsExactlyElementsOf(before);
            assertThat(node.explain(web(family, 1)).verdict()).isEqualTo(Verdict.NOT_A_SERVICE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void cleanUpNeedsNoSyncBefore(IpFamily family) throws SyncException {
        try (ModeOnHost node = start(family)) {
            List<String> before = node.dump();
            fill(node, 8);
            node.restart();

            node.backend().cleanUp();

            assertThat(node.dump()).containsExactlyElementsOf(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRefusedServiceDoesNotStopTheOthers(IpFamily family) throws SyncException {
        assumeTrue(writes());
        ResolvedPort bad = web(family, 1);
        ResolvedPort good = other(family);
        try (ModeOnHost node = start(family)) {
            node.host.refuse(bad.service().addresses().clusterIp());
            node.snapshot.put(bad).put(good);

            SyncReport report = node.full();

            assertThat(report.problems())
                    .isNotEmpty()
                    .allSatisfy(problem -> assertThat(problem.object()).hasToString("Service shop/web"));
            assertThat(node.explain(good).verdict()).isEqualTo(Verdict.FORWARD);

            node.host.refuse();
            assertThat(node.full().problems()).isEmpty();
            assertThat(node.explain(bad).verdict()).isEqualTo(Verdict.FORWARD);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aServiceThatIsRefusedLaterDoesNotStopTheOthers(IpFamily family) throws SyncException {
        assumeTrue(writes());
        ResolvedPort bad = web(family, 1);
        ResolvedPort good = other(family);
        try (ModeOnHost node = start(family)) {
            node.full();
            node.host.refuse(bad.service().addresses().clusterIp());
            node.snapshot.put(bad).put(good);

            SyncReport report = node.changed();

            assertThat(report.problems()).extracting(p -> p.object().toString()).containsOnly("Service shop/web");
            assertThat(node.explain(good).verdict()).isEqualTo(Verdict.FORWARD);
        }
    }

    @ParameterizedTest
    @EnumSource
    void repairsWhatOthersChanged(IpFamily family) throws SyncException {
        assumeTrue(writes());
        Random chance = new Random(9);
        try (ModeOnHost node = filled(family, 9)) {
            List<String> before = state(node);
            ForeignObjects.vandalise(node.host, family, node.backend()::keepsStateIn, chance);
            assertThat(state(node)).isNotEqualTo(before);

            node.repair();

            assertThat(state(node)).containsExactlyElementsOf(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFullSyncRepairsWhatOthersRemoved(IpFamily family) throws SyncException {
        assumeTrue(writes());
        try (ModeOnHost node = filled(family, 10)) {
            List<String> before = state(node);
            for (String table : List.of("nat", "filter", "mangle")) {
                node.host.tools(family).flush(table);
            }

            node.full();

            assertThat(state(node)).containsExactlyElementsOf(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void isFullAgainAfterAFailure(IpFamily family) throws SyncException {
        assumeTrue(writes());
        try (ModeOnHost node = filled(family, 11);
                ModeOnHost fresh = start(family)) {
            node.snapshot.put(web(family, 3));
            node.host.breakDown(true);
            assertThatThrownBy(node::changed).isInstanceOf(SyncException.class);
            node.host.breakDown(false);

            SyncReport report = node.backend().sync(node.snapshot, Changes.of(Set.of()));

            assertThat(report.full()).isTrue();
            node.settle();
            node.snapshot.ports().forEach(fresh.snapshot::put);
            fresh.full();
            assertThat(state(node)).containsExactlyElementsOf(state(fresh));
        }
    }

    @ParameterizedTest
    @EnumSource
    void explainsWhereClusterAddressesLead(IpFamily family) throws SyncException {
        Random chance = new Random(12);
        SamplePorts ports = new SamplePorts(family);
        try (ModeOnHost node = start(family)) {
            node.full();
            for (int step = 0; step < STEPS; step++) {
                ResolvedPort port = ports.any(chance.nextInt(PORTS), chance);
                node.changedTo(port);
                node.snapshot.ports().forEach(each -> explained(each, node.explain(each)));
            }
            ResolvedPort gone = node.snapshot.ports().iterator().next();
            node.snapshot.remove(gone.name());
            node.changed();
            assertThat(node.explain(gone).verdict()).as("%s is gone", gone).isEqualTo(Verdict.NOT_A_SERVICE);
        }
    }

    private void explained(ResolvedPort port, Trace trace) {
        if (!carries(port.name().protocol())) {
            return;
        }
        Verdict expected = switch (port.internalDisposition()) {
            case FORWARD -> Verdict.FORWARD;
            case DROP -> Verdict.DROP;
            case REJECT -> Verdict.REJECT;
        };
        assertThat(trace.verdict()).as("%s: %s", port, trace.steps()).isEqualTo(expected);
        if (expected == Verdict.FORWARD) {
            assertThat(trace.service()).isEqualTo(port.name());
            assertThat(destinations(trace)).isEqualTo(destinations(port.internalEndpoints()));
        }
    }

    private static Set<SocketAddress> destinations(Trace trace) {
        return trace.candidates().stream()
                .filter(c -> c.probability() > 0)
                .map(c -> new SocketAddress(c.address(), c.port()))
                .collect(Collectors.toSet());
    }

    private static Set<SocketAddress> destinations(List<Endpoint> endpoints) {
        return endpoints.stream().map(Endpoint::socketAddress).collect(Collectors.toSet());
    }

    @ParameterizedTest
    @EnumSource
    void saysWhichChainsAreItsOwn(IpFamily family) throws SyncException {
        assumeTrue(writes());
        try (ModeOnHost node = start(family)) {
            Set<KernelObject> before = ForeignObjects.chains(node.host, family);
            fill(node, 13);
            assertThat(ForeignObjects.chains(node.host, family))
                    .filteredOn(chain -> !before.contains(chain))
                    .isNotEmpty()
                    .allMatch(node.backend()::keepsStateIn);
            assertThat(node.backend().keepsStateIn(new KernelObject("nat", "DOCKER")))
                    .isFalse();
            assertThat(node.module().ownsChain(new KernelObject("nat", "DOCKER")))
                    .isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void anotherModeCanRemoveItsLeftovers(IpFamily family) throws SyncException {
        try (ModeOnHost node = start(family)) {
            List<String> before = node.dump();
            fill(node, 14);
            node.restart();
            ForeignObjects.removeChains(node.host, family, node.module()::ownsChain);

            node.module().removeLeftovers(family);

            assertThat(state(node)).isEqualTo(comparable(before));
            assertThat(node.module().removeLeftovers(family))
                    .as("anything left")
                    .isFalse();
        }
    }

    private static ResolvedPort web(IpFamily family, int endpoints) {
        boolean v4 = family == IpFamily.IPV4;
        ServicePorts port = ServicePorts.tcp("shop/web", v4 ? "10.96.7.7" : "fd00:96::77", 80);
        Endpoint[] all = new Endpoint[endpoints];
        for (int i = 0; i < endpoints; i++) {
            all[i] = remote((v4 ? "10.244.7." : "fd00:244:7::") + (i + 1), 8080);
        }
        return resolved(port.build(), all);
    }

    private static ResolvedPort other(IpFamily family) {
        boolean v4 = family == IpFamily.IPV4;
        return resolved(
                ServicePorts.tcp("shop/other", v4 ? "10.96.7.8" : "fd00:96::78", 80)
                        .build(),
                remote(v4 ? "10.244.8.1" : "fd00:244:8::1", 8080));
    }
}
