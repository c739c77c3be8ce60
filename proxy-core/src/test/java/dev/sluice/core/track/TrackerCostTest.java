// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static dev.sluice.core.fixture.SliceBuilder.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.ServiceObject;
import java.time.InstantSource;
import java.util.EnumSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cost follows the change: what is counted is the service ports that are resolved, not time. */
class TrackerCostTest {
    private static final int SERVICES = 5_000;

    private final ChangeTracker tracker =
            new ChangeTracker("node-a", EnumSet.allOf(IpFamily.class), InstantSource.system());

    private static ServiceObject object(int i, int nodePort) {
        return service("shop/s" + i)
                .created(i)
                .clusterIp("10." + (i >> 14 & 127) + "." + (i >> 7 & 127) + "." + (1 + (i & 127)))
                .port("http", "TCP", 80, nodePort)
                .port("https", "TCP", 443, 0)
                .build();
    }

    private static EndpointSliceObject endpoints(int i, String... addresses) {
        return slice("shop/s" + i + "-x", "s" + i)
                .tcp("http", 8080)
                .tcp("https", 8443)
                .ready(addresses)
                .build();
    }

    @BeforeEach
    void fill() {
        for (int i = 0; i < SERVICES; i++) {
            tracker.update(endpoints(i, "172.16.0.1", "172.16.0.2", "172.16.0.3"));
            tracker.update(object(i, 0));
        }
        tracker.take(IpFamily.IPV4);
        tracker.take(IpFamily.IPV6);
    }

    private long resolutionsOf(Runnable events) {
        long before = tracker.family(IpFamily.IPV4).resolutions();
        events.run();
        tracker.take(IpFamily.IPV4);
        return tracker.family(IpFamily.IPV4).resolutions() - before;
    }

    @Test
    void fillingResolvesEachPortOnce() {
        assertThat(tracker.family(IpFamily.IPV4).resolutions()).isEqualTo(2L * SERVICES);
    }

    @Test
    void oneSliceCostsItsService() {
        assertThat(resolutionsOf(() -> tracker.update(endpoints(17, "172.16.0.9"))))
                .isEqualTo(2);
    }

    @Test
    void manyEventsOfOneServiceCostItOnce() {
        assertThat(resolutionsOf(() -> {
                    for (int i = 0; i < 100; i++) {
                        tracker.update(endpoints(17, "172.16.0." + (10 + i)));
                    }
                }))
                .isEqualTo(2);
    }

    @Test
    void redeliveryOfEverythingCostsNothing() {
        assertThat(resolutionsOf(() -> {
                    for (int i = 0; i < SERVICES; i++) {
                        tracker.update(object(i, 0));
                        tracker.update(endpoints(i, "172.16.0.1", "172.16.0.2", "172.16.0.3"));
                    }
                }))
                .isZero();
    }

    @Test
    void contentionCostsTheTwoThatContend() {
        assertThat(resolutionsOf(() -> tracker.update(object(100, 30080)))).isEqualTo(2);
        assertThat(resolutionsOf(() -> tracker.update(object(50, 30080)))).isEqualTo(4);
        assertThat(resolutionsOf(() -> tracker.deleteService(new ServiceName("shop", "s50"))))
                .isEqualTo(2);
    }
}
