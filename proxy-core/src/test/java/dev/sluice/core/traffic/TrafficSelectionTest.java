// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrafficSelectionTest {
    private final List<PortTraffic> ports =
            List.of(port("small", 10, 2), port("large", 1000, 3), port("middle", 100, 1));

    @Test
    void everythingIsShownWhereThereIsRoom() {
        TrafficSelection selection = TrafficSelection.of(ports, 3, 6);
        assertThat(selection.shown()).containsExactly(ports.get(1), ports.get(2), ports.get(0));
        assertThat(selection.portsLeftOut()).isZero();
        assertThat(selection.endpointsLeftOut()).isZero();
    }

    @Test
    void theLargestAreShownFirst() {
        TrafficSelection selection = TrafficSelection.of(ports, 1, 6);
        assertThat(selection.shown()).containsExactly(ports.get(1));
        assertThat(selection.portsLeftOut()).isEqualTo(2);
        assertThat(selection.endpointsLeftOut()).isEqualTo(3);
    }

    @Test
    void thePortsWhoseEndpointsDoNotFitShowNone() {
        TrafficSelection selection = TrafficSelection.of(ports, 3, 2);
        assertThat(selection.shown().stream().map(p -> p.endpoints().size())).containsExactly(0, 1, 0);
        assertThat(selection.portsLeftOut()).isZero();
        assertThat(selection.endpointsLeftOut()).isEqualTo(5);
    }

    @Test
    void equallyBusyPortsKeepTheOrderOfTheirNames() {
        PortTraffic a = port("a", 5, 1);
        PortTraffic b = port("b", 5, 1);
        assertThat(TrafficSelection.of(List.of(b, a), 1, 10).shown()).containsExactly(a);
    }

    @Test
    void aCounterThatWentBackHasBegunAnew() {
        TrafficTotals before = new TrafficTotals(10, 40, 30, 4000, 3000);
        assertThat(new TrafficTotals(12, 50, 33, 4100, 3300).since(before))
                .isEqualTo(new TrafficTotals(2, 10, 3, 100, 300));
        assertThat(new TrafficTotals(10, 4, 33, 4100, 3300).since(before))
                .isEqualTo(new TrafficTotals(10, 4, 33, 4100, 3300));
    }

    private static PortTraffic port(String name, long bytes, int endpoints) {
        return new PortTraffic(
                new ServicePortName(new ServiceName("ns", name), "", Protocol.TCP),
                IpFamily.IPV4,
                new TrafficTotals(1, 1, 1, bytes, bytes),
                IntStream.range(0, endpoints)
                        .mapToObj(i -> new EndpointTraffic(IpAddress.of("10.244.0." + i), 80, 1, 0, 0))
                        .toList());
    }
}
