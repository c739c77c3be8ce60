// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import static dev.sluice.testkit.model.Endpoints.remote;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How many slots weights give, and which endpoints have those that are found by a hash. */
class SlotSharesTest {
    private static Endpoint endpoint(int host, int weight) {
        Endpoint one = remote("10.244." + host / 250 + "." + (1 + host % 250), 80);
        return new Endpoint(
                one.address(), one.port(), false, true, true, false, one.zoneHints(), one.nodeHints(), weight);
    }

    private static List<Endpoint> weighted(int... weights) {
        return IntStream.range(0, weights.length)
                .mapToObj(i -> endpoint(i, weights[i]))
                .toList();
    }

    private static List<Endpoint> equal(int count) {
        return weighted(IntStream.generate(() -> 1).limit(count).toArray());
    }

    private static List<Integer> shares(int... weights) {
        return List.copyOf(Weights.shares(weighted(weights)).values());
    }

    private static Map<SocketAddress, Long> counts(List<SocketAddress> table) {
        return table.stream().collect(Collectors.groupingBy(each -> each, Collectors.counting()));
    }

    @Test
    void equalWeightsAreOneSlotEach() {
        assertThat(shares(7, 7, 7)).containsExactly(1, 1, 1);
        assertThat(Weights.shares(equal(400)).values()).hasSize(400).containsOnly(1);
        assertThat(shares()).isEmpty();
    }

    @Test
    void smallWeightsAreExact() {
        assertThat(shares(1, 3)).containsExactly(1, 3);
        assertThat(shares(10, 20, 50)).containsExactly(1, 2, 5);
        assertThat(shares(65_535, 13_107)).containsExactly(5, 1);
        assertThat(shares(31, 1)).containsExactly(31, 1);
    }

    @Test
    void otherWeightsDivide256Slots() {
        // in the order of the first slots: the lowest address first
        assertThat(shares(32, 1)).containsExactly(248, 8);
        assertThat(shares(100, 101)).containsExactly(127, 129);
        assertThat(shares(65_535, 1)).as("never none").containsExactly(255, 1);
        int[] many = IntStream.rangeClosed(1, 100).toArray();
        assertThat(shares(many).stream().mapToInt(each -> each).sum()).isEqualTo(1024);
        assertThat(shares(many)).allMatch(share -> share >= 1);
        assertThat(Weights.shares(weighted(many)).get(endpoint(99, 1).socketAddress()))
                .as("100 of 5050 parts")
                .isBetween(20, 21);
    }

    @Test
    void sharesOfAHashAreAsTheWeights() {
        List<SocketAddress> table = HashTable.of(equal(5), Endpoint::weight);
        assertThat(table).hasSize(251);
        assertThat(counts(table).values()).hasSize(5).allMatch(count -> count == 50 || count == 51);
        Map<SocketAddress, Long> weighted = counts(HashTable.of(weighted(3, 1), Endpoint::weight));
        assertThat(weighted.values()).containsExactlyInAnyOrder(188L, 63L);
        assertThat(HashTable.of(equal(200), each -> 1)).hasSize(2039);
        assertThat(HashTable.of(equal(400), each -> 1)).hasSize(16_381);
        assertThat(HashTable.of(List.of(), each -> 1)).isEmpty();
    }

    @Test
    void theTableOfAHashFollowsFromTheEndpointsAlone() {
        List<Endpoint> endpoints = equal(9);
        assertThat(HashTable.of(endpoints.reversed(), each -> 1)).isEqualTo(HashTable.of(endpoints, each -> 1));
        assertThat(Set.copyOf(HashTable.of(endpoints, each -> 1).subList(0, 40)))
                .as("spread over the table")
                .hasSizeGreaterThan(6);
    }

    @Test
    void anEndpointLessMovesFewSlotsOfOthers() {
        List<Endpoint> endpoints = new ArrayList<>(equal(5));
        List<SocketAddress> before = HashTable.of(endpoints, each -> 1);
        SocketAddress gone = endpoints.remove(2).socketAddress();
        List<SocketAddress> after = HashTable.of(endpoints, each -> 1);

        long moved = IntStream.range(0, before.size())
                .filter(i -> !before.get(i).equals(gone) && !before.get(i).equals(after.get(i)))
                .count();
        assertThat(moved).as("of the 200 slots of others").isLessThan(50);
    }
}
