// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.nftables.layout.PacketNumber;
import dev.sluice.nftables.plan.Pool.Slot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolSlotsTest {
    private static List<SocketAddress> targets(int... hosts) {
        return IntStream.of(hosts)
                .mapToObj(host -> new SocketAddress(IpAddress.of("10.244." + host / 250 + "." + (1 + host % 250)), 80))
                .toList();
    }

    private static Map<SocketAddress, Integer> once(List<SocketAddress> targets) {
        Map<SocketAddress, Integer> shares = new LinkedHashMap<>();
        targets.forEach(target -> shares.put(target, 1));
        return shares;
    }

    private static List<Slot> assign(List<Slot> before, int... hosts) {
        return PoolSlots.assign(before, true, once(targets(hosts)));
    }

    private static List<SocketAddress> order(List<Slot> slots) {
        return slots.stream().map(Slot::target).toList();
    }

    @Test
    void aNewEndpointTakesTheSlotOfOneThatIsGone() {
        List<Slot> slots = assign(assign(List.of(), 1, 2, 3), 1, 4, 3);

        assertThat(order(slots)).isEqualTo(targets(1, 4, 3));
    }

    @Test
    void theLastOneFillsTheSlotOfOneThatIsGone() {
        assertThat(order(assign(assign(List.of(), 1, 2, 3, 4), 2, 3, 4))).isEqualTo(targets(4, 2, 3));
        assertThat(order(assign(assign(List.of(), 1, 2, 3, 4), 1, 2))).isEqualTo(targets(1, 2));
        assertThat(assign(assign(List.of(), 1, 2), new int[0])).isEmpty();
    }

    @Test
    void thereAreNoMoreMembersThanNumbers() {
        List<Slot> slots = PoolSlots.assign(
                List.of(), true, once(targets(IntStream.range(0, 5000).toArray())));

        assertThat(slots).hasSize(PacketNumber.LAST_MEMBER + 1);
        assertThat(PoolSlots.assign(
                        List.of(), false, once(targets(IntStream.range(0, 5000).toArray()))))
                .hasSize(5000);
    }

    /** Whatever the history: one slot for each endpoint, and who stays keeps its member. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void aChangeMovesFewEndpoints(long seed) {
        Random random = new Random(seed);
        List<Slot> before = List.of();
        for (int step = 0; step < 500; step++) {
            int[] hosts =
                    IntStream.range(0, 12).filter(i -> random.nextInt(3) > 0).toArray();
            List<Slot> after = PoolSlots.assign(before, true, once(targets(hosts)));

            assertThat(order(after)).containsExactlyInAnyOrderElementsOf(targets(hosts));
            assertThat(after.stream().map(Slot::member)).doesNotHaveDuplicates();
            List<Slot> stayed = new ArrayList<>(before);
            stayed.removeIf(slot -> !order(after).contains(slot.target()));
            assertThat(after).containsAll(stayed);
            long moved = IntStream.range(0, Math.min(before.size(), after.size()))
                    .filter(moving(before, after))
                    .count();
            HashSet<SocketAddress> differing = new HashSet<>();
            Stream.concat(before.stream(), after.stream()).map(Slot::target).forEach(target -> {
                if (!differing.add(target)) {
                    differing.remove(target);
                }
            });
            assertThat(moved).isLessThanOrEqualTo(differing.size());
            before = after;
        }
    }

    private static IntPredicate moving(List<Slot> before, List<Slot> after) {
        return i -> !before.get(i).equals(after.get(i));
    }

    @Test
    void aChangedShareMovesWhatDiffers() {
        List<SocketAddress> two = targets(1, 2);
        List<Slot> before = PoolSlots.assign(List.of(), true, Map.of(two.get(0), 3, two.get(1), 3));
        List<Slot> after = PoolSlots.assign(before, true, Map.of(two.get(0), 2, two.get(1), 4));

        assertThat(after).hasSize(6);
        assertThat(order(after).stream().filter(two.get(1)::equals)).hasSize(4);
        assertThat(IntStream.range(0, 6).filter(moving(before, after)).count()).isEqualTo(1);
        assertThat(after.stream().distinct()).as("one member for each endpoint").hasSize(2);
        assertThat(PoolSlots.assign(after, true, Map.of(two.get(0), 2, two.get(1), 4)))
                .isEqualTo(after);
    }

    @Test
    void givenOrderIsKeptAndSoAreMembers() {
        List<Slot> before = assign(List.of(), 5, 1, 2);
        List<SocketAddress> table = targets(2, 1, 2, 3);
        List<Slot> after = PoolSlots.arrange(before, true, table);

        assertThat(order(after)).isEqualTo(table);
        assertThat(after.stream().map(Slot::member)).containsExactly(2, 1, 2, 0);
        assertThat(PoolSlots.arrange(List.of(), false, table)).allMatch(slot -> slot.member() == 0);
    }
}
