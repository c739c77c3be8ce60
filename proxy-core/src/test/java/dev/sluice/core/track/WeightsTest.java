// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static dev.sluice.core.fixture.SliceBuilder.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.fixture.ManualClock;
import dev.sluice.core.fixture.ServiceBuilder;
import dev.sluice.core.fixture.SliceBuilder;
import dev.sluice.core.model.Weight;
import dev.sluice.core.net.IpFamily;
import java.util.EnumSet;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The way of {@code sluice.dev/weight} from the objects to the endpoints. */
class WeightsTest {
    private final ChangeTracker tracker = new ChangeTracker("node-a", EnumSet.of(IpFamily.IPV4), new ManualClock(0));

    private static ServiceBuilder web() {
        return service("shop/web").port("http", 80);
    }

    private static ServiceBuilder web(String weight) {
        return web().annotations(Map.of(Weight.ANNOTATION, weight));
    }

    private static SliceBuilder slice1() {
        return slice("shop/web-1", "web").tcp("http", 8080).ready("10.0.0.1");
    }

    private static SliceBuilder slice2() {
        return slice("shop/web-2", "web").tcp("http", 8080).ready("10.0.0.2");
    }

    private Map<String, Integer> weights() {
        tracker.take(IpFamily.IPV4);
        Map<String, Integer> weights = new TreeMap<>();
        tracker.snapshot(IpFamily.IPV4)
                .ports()
                .forEach(p -> p.endpoints().all().forEach(e -> weights.put(e.address() + "", e.weight())));
        return weights;
    }

    @Test
    void withoutAWordAllWeighOne() {
        tracker.update(web().build());
        tracker.update(slice1().build());
        assertThat(weights()).isEqualTo(Map.of("10.0.0.1", 1));
    }

    @Test
    void theSliceWinsOverTheService() {
        tracker.update(web("3").build());
        tracker.update(slice1().build());
        tracker.update(slice2().annotation(Weight.ANNOTATION, "0").build());
        assertThat(weights()).isEqualTo(Map.of("10.0.0.1", 3, "10.0.0.2", 0));
    }

    @Test
    void aChangedWeightIsAChangeOfThePort() {
        tracker.update(web().build());
        tracker.update(slice1().build());
        weights();
        tracker.update(slice1().annotation(Weight.ANNOTATION, "7").build());
        assertThat(tracker.take(IpFamily.IPV4).changes().ports()).hasSize(1);
        tracker.update(web("9").build());
        assertThat(weights()).isEqualTo(Map.of("10.0.0.1", 7));
        tracker.update(slice1().build());
        assertThat(weights()).isEqualTo(Map.of("10.0.0.1", 9));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "65536", "1.5", "", " 1", "heavy", "99999999999999999999", "１"})
    void aBadWeightIsReportedAndTheNextBestHolds(String bad) {
        tracker.update(web(bad).build());
        tracker.update(slice1().build());
        tracker.update(slice2().annotation(Weight.ANNOTATION, bad).build());
        assertThat(weights()).isEqualTo(Map.of("10.0.0.1", 1, "10.0.0.2", 1));
        assertThat(tracker.problems())
                .extracting(problem -> problem.object().toString())
                .containsExactly("EndpointSlice shop/web-2", "Service shop/web");
        assertThat(tracker.problems())
                .allMatch(p -> p.field().equals("metadata.annotations[sluice.dev/weight]")
                        && p.message().contains("'" + bad + "' is not a weight, want 0 to 65535"));
        tracker.update(web("65535").build());
        assertThat(weights()).isEqualTo(Map.of("10.0.0.1", 65_535, "10.0.0.2", 65_535));
        tracker.update(slice2().build());
        assertThat(tracker.problems()).isEmpty();
    }
}
