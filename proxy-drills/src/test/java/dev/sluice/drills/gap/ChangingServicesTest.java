// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ChangingServicesTest {
    private static final int CROWD = 90;

    @Test
    void theSameSeedMakesTheSameChanges() {
        assertThat(run(7, 50)).isEqualTo(run(7, 50)).isNotEqualTo(run(8, 50));
    }

    @Test
    void everyKindOfChangeOccurs() {
        List<Map<Integer, WatchedService>> states = run(1, 240);
        assertThat(states).anyMatch(s -> service(s, 31).pods().isEmpty());
        assertThat(states)
                .anyMatch(s -> service(s, 21).exposed())
                .anyMatch(s -> !service(s, 21).exposed());
        assertThat(states).extracting(ChangingServicesTest::crowd).contains(0L, 30L, 60L, 90L);
        assertThat(states).anyMatch(s -> s.containsKey(41)).anyMatch(s -> !s.containsKey(41));
        assertThat(states).extracting(s -> service(s, 12).pods()).hasSizeGreaterThan(3);
    }

    @Test
    void theSteadyOnesNeverChange() {
        List<Map<Integer, WatchedService>> states = run(3, 100);
        for (int number = 1; number < 6; number++) {
            int n = number;
            assertThat(states).allMatch(s -> service(s, n).equals(service(states.getFirst(), n)));
        }
    }

    private static WatchedService service(Map<Integer, WatchedService> state, int number) {
        return Objects.requireNonNull(state.get(number), () -> "no Service " + number);
    }

    private static long crowd(Map<Integer, WatchedService> state) {
        return state.keySet().stream().filter(n -> n >= 256).count();
    }

    private static List<Map<Integer, WatchedService>> run(long seed, int changes) {
        ChangingServices services = new ChangingServices(IpFamily.IPV4, seed, CROWD);
        List<Map<Integer, WatchedService>> states = new ArrayList<>(List.of(services.first()));
        for (int i = 0; i < changes; i++) {
            states.add(services.next(states.getLast()));
        }
        return states;
    }
}
