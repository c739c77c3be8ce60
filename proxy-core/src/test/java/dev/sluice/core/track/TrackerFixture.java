// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static dev.sluice.core.fixture.SliceBuilder.slice;

import dev.sluice.core.fixture.ManualClock;
import dev.sluice.core.fixture.ServiceBuilder;
import dev.sluice.core.fixture.SliceBuilder;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** A tracker of both families on node-a, Service shop/web and its slices. */
abstract class TrackerFixture {
    static final ServiceName WEB = new ServiceName("shop", "web");

    final ChangeTracker tracker = tracker(EnumSet.allOf(IpFamily.class));

    static ChangeTracker tracker(Set<IpFamily> families) {
        return new ChangeTracker("node-a", families, new ManualClock(0));
    }

    static ServiceBuilder web() {
        return service("shop/web").port("http", 80);
    }

    static SliceBuilder webSlice(int number) {
        return slice("shop/web-" + number, "web").tcp("http", 8080);
    }

    static NodeObject node(String zone, String... internalIps) {
        return new NodeObject("node-a", zone, List.of(internalIps), List.of(), List.of(), List.of(), false);
    }

    final List<String> take(IpFamily family) {
        return tracker.take(family).changes().ports().stream()
                .sorted()
                .map(ServicePortName::toString)
                .toList();
    }

    final List<String> endpoints(IpFamily family) {
        return tracker.snapshot(family).ports().stream()
                .flatMap(p -> p.endpoints().all().stream())
                .map(Endpoint::toString)
                .sorted()
                .toList();
    }
}
