// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Words;
import dev.sluice.nftables.layout.Choice;
import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.layout.PacketNumber;
import dev.sluice.nftables.layout.ServiceSet;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PoolPlannerTest {
    private static final ServedNode NODE = new ServedNode(Optional.empty(), List.of(), false, List.of());

    private final PoolNumbers numbers = new PoolNumbers();
    private final PoolPlanner planner = new PoolPlanner(numbers);

    private List<SetElement> elements(ElementPlan plan, ServiceSet set) {
        return PortElements.of(NODE, numbers, plan).stream()
                .filter(placed -> placed.set() == set)
                .map(Placed::element)
                .toList();
    }

    private static int number(SetElement element) {
        return element.value() instanceof Words words ? words.numberAt(0) : 0;
    }

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web", "10.96.0.50", 80);
    }

    @Test
    void allPortalsOfAServiceShareItsSlots() {
        ElementPlan plan = planner.plan(
                resolved(
                        web().nodePort(30080).externalIps("203.0.113.1").build(),
                        local("10.244.0.1", 8080),
                        remote("10.244.1.1", 8080)),
                PoolPair.NONE);

        assertThat(plan.kinds()).containsExactly(new Kind(2, 0));
        assertThat(elements(plan, ServiceSet.SLOTS)).hasSize(2);
        assertThat(elements(plan, ServiceSet.PORTALS))
                .extracting(PoolPlannerTest::number)
                .containsExactly(PacketNumber.ofPool(1) | 1, PacketNumber.ofPool(1) | PacketNumber.MASQUERADE | 1);
        assertThat(elements(plan, ServiceSet.NODE_PORTS))
                .extracting(PoolPlannerTest::number)
                .containsExactly(PacketNumber.ofPool(1) | PacketNumber.MASQUERADE | 1);
        assertThat(elements(plan, ServiceSet.HAIRPIN)).hasSize(1);
    }

    @Test
    void aLocalPolicyLeadsPodsAndTheNodeToAllEndpoints() {
        ResolvedPort port = resolved(web().nodePort(30080).externalPolicyLocal().build(), remote("10.244.1.1", 8080));
        ElementPlan plan = planner.plan(port, PoolPair.NONE);

        int external = PacketNumber.ofPool(2) | PacketNumber.LOCAL_POLICY;
        assertThat(elements(plan, ServiceSet.NODE_PORTS))
                .extracting(PoolPlannerTest::number)
                .containsExactly(external);
        assertThat(elements(plan, ServiceSet.SHORT_CIRCUITS))
                .containsExactly(SetElement.of(Words.number(external), Words.number(PacketNumber.ofPool(1) | 1)));
        assertThat(elements(plan, ServiceSet.DROPPED_NODE_PORTS)).hasSize(1);
        assertThat(elements(plan, ServiceSet.REFUSED_NODE_PORTS)).isEmpty();
    }

    @Test
    void withoutEndpointsEverythingIsRefusedAndNumbersAreFree() {
        ResolvedPort port = resolved(web().nodePort(30080).build(), local("10.244.0.1", 8080));
        ElementPlan before = planner.plan(port, PoolPair.NONE);
        ElementPlan plan = planner.plan(resolved(web().nodePort(30080).build()), before.pools());

        assertThat(plan.poolIds()).isEmpty();
        assertThat(PortElements.of(NODE, numbers, plan))
                .extracting(Placed::set)
                .containsExactlyInAnyOrder(
                        ServiceSet.CLUSTER_ADDRESSES, ServiceSet.REFUSED, ServiceSet.REFUSED_NODE_PORTS);
        assertThat(planner.plan(port, PoolPair.NONE).poolIds())
                .as("a number is used again as late as possible")
                .containsExactly(2);
    }

    @Test
    void aPortForWhichThereIsNoNumberIsLeftOut() {
        for (int seconds = 1; seconds <= PacketNumber.LAST_KIND; seconds++) {
            numbers.takeKind(new Kind(2, seconds), seconds);
        }
        ElementPlan plan = planner.plan(resolved(web().build(), local("10.244.0.1", 8080)), PoolPair.NONE);

        assertThat(plan.problems()).hasSize(1);
        assertThat(PortElements.of(NODE, numbers, plan)).isEmpty();
        assertThat(planner.plan(
                                resolved(web().affinity(7).build(), local("10.244.0.1", 80), local("10.244.0.2", 80)),
                                PoolPair.NONE)
                        .problems())
                .isEmpty();
    }

    @Test
    void moreMembersThanThereAreNumbersAreReported() {
        Endpoint[] endpoints = IntStream.rangeClosed(0, PacketNumber.LAST_MEMBER + 1)
                .mapToObj(i -> remote("10.244." + i / 250 + "." + (1 + i % 250), 8080))
                .toArray(Endpoint[]::new);
        ElementPlan plan = planner.plan(resolved(web().affinity(60).build(), endpoints), PoolPair.NONE);

        assertThat(plan.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.severity()).isEqualTo(Problem.Severity.IGNORED);
            assertThat(problem.message()).contains("4096", "4097");
        });
        assertThat(elements(plan, ServiceSet.STICKY_SLOTS)).hasSize(PacketNumber.LAST_MEMBER + 1);
        assertThat(elements(plan, ServiceSet.PORTALS)).hasSize(1);
        assertThat(planner.plan(resolved(web().build(), endpoints), PoolPair.NONE)
                        .problems())
                .isEmpty();
    }

    @Test
    void manyPoolsShareSeveralMapsOfSlots() {
        for (int id = 1; id < PacketNumber.POOLS_OF_A_MAP; id++) {
            numbers.takePool(id);
        }
        ElementPlan plan = planner.plan(resolved(web().build(), local("10.244.0.1", 8080)), PoolPair.NONE);

        assertThat(plan.kinds()).containsExactly(new Kind(1, 0, 1, Choice.RANDOM));
        assertThat(plan.kinds().getFirst().chain()).isEqualTo("choose-1-of-2");
        assertThat(elements(plan, ServiceSet.SLOTS)).isEmpty();
        assertThat(elements(plan, ServiceSet.SLOTS_2)).hasSize(1);
    }

    @Test
    void fewServicesStayInOneMapHoweverOftenTheyAreReplaced() {
        for (int round = 0; round < 3 * PacketNumber.POOLS_OF_A_MAP; round++) {
            ElementPlan plan = planner.plan(resolved(web().build(), local("10.244.0.1", 8080)), PoolPair.NONE);
            assertThat(plan.kinds()).containsExactly(new Kind(1, 0));
            planner.release(plan.pools());
        }
    }

    private static Endpoint weighted(String address, int weight) {
        Endpoint one = local(address, 8080);
        return new Endpoint(
                one.address(), one.port(), true, true, true, false, one.zoneHints(), one.nodeHints(), weight);
    }

    @Test
    void anEndpointOfWeight0GetsNoSlot() {
        ResolvedPort port = resolved(web().build(), weighted("10.244.0.1", 0), weighted("10.244.0.2", 1));
        ElementPlan plan = planner.plan(port, PoolPair.NONE);

        assertThat(plan.kinds()).containsExactly(new Kind(1, 0));
        assertThat(elements(plan, ServiceSet.HAIRPIN)).as("it has connections").hasSize(2);
        ElementPlan none = planner.plan(resolved(web().build(), weighted("10.244.0.1", 0)), plan.pools());
        assertThat(none.poolIds()).isEmpty();
        assertThat(elements(none, ServiceSet.REFUSED)).hasSize(1);
    }

    @Test
    void weightsAreSlotsAndStickyMembersOneNumberEach() {
        ResolvedPort port =
                resolved(web().affinity(60).build(), weighted("10.244.0.1", 30), weighted("10.244.0.2", 10));
        ElementPlan plan = planner.plan(port, PoolPair.NONE);

        assertThat(plan.kinds()).containsExactly(new Kind(4, 60));
        assertThat(elements(plan, ServiceSet.STICKY_SLOTS)).hasSize(4);
        assertThat(elements(plan, ServiceSet.STICKY_MEMBERS)).hasSize(2).doesNotHaveDuplicates();
        assertThat(elements(plan, ServiceSet.STICKY_TARGETS)).hasSize(2);
    }

    @Test
    void aSchedulerThatTheRulesCannotCarryOutIsReported() {
        Endpoint[] endpoints = {local("10.244.0.1", 8080), local("10.244.0.2", 8080)};
        ElementPlan hashed = planner.plan(
                resolved(web().annotations(Map.of("sluice.dev/scheduler", "sh")).build(), endpoints), PoolPair.NONE);
        assertThat(hashed.problems()).isEmpty();
        assertThat(hashed.kinds()).containsExactly(new Kind(251, 0, 0, Choice.CLIENT));
        ElementPlan busy = planner.plan(
                resolved(web().annotations(Map.of("sluice.dev/scheduler", "lc")).build(), endpoints), PoolPair.NONE);
        assertThat(busy.kinds()).containsExactly(new Kind(2, 0));
        assertThat(busy.problems())
                .singleElement()
                .extracting(Problem::toString)
                .asString()
                .contains("shop/web", "sluice.dev/scheduler", "'lc'", "sh, dh", "at random");
        assertThat(busy.isLeftOut()).isFalse();
    }
}
