// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.traffic.EndpointTraffic;
import dev.sluice.core.traffic.PortTraffic;
import dev.sluice.core.traffic.ProxyTraffic;
import dev.sluice.core.traffic.TrafficCounters;
import dev.sluice.core.traffic.TrafficTotals;
import dev.sluice.userspace.balance.Skips;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.balance.UpstreamPool;
import dev.sluice.userspace.routing.ExpiryReason;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortCounters;
import dev.sluice.userspace.routing.RefusalReason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The counters of the service ports that userspace mode carries, read where the event loops write them. */
final class UserspaceTrafficCounters implements TrafficCounters {
    private static final String PASSED = "passed";
    private static final String FAILED = "failed";

    private final List<UserspaceBackend> backends;

    /** @param backends one for each family */
    UserspaceTrafficCounters(List<UserspaceBackend> backends) {
        this.backends = List.copyOf(backends);
    }

    @Override
    public List<PortTraffic> read() {
        List<PortTraffic> ports = new ArrayList<>();
        long now = System.nanoTime();
        for (UserspaceBackend backend : backends) {
            backend.balancers().forEach(balancer -> ports.add(traffic(balancer, backend.family(), now)));
        }
        return ports;
    }

    private static PortTraffic traffic(PortBalancer balancer, IpFamily family, long now) {
        PortCounters counters = balancer.counters();
        TrafficTotals carried = new TrafficTotals(
                counters.connections(),
                0,
                0,
                counters.bytesIn().sum(),
                counters.bytesOut().sum());
        return new PortTraffic(balancer.name(), family, carried, endpoints(balancer, now), proxy(balancer));
    }

    private static ProxyTraffic proxy(PortBalancer balancer) {
        PortCounters counters = balancer.counters();
        Map<String, Long> refusals = new HashMap<>();
        for (RefusalReason why : RefusalReason.values()) {
            long count = counters.refusals(why);
            if (count > 0) {
                refusals.put(why.label(), count);
            }
        }
        Map<String, Long> expired = new HashMap<>();
        for (ExpiryReason why : ExpiryReason.values()) {
            long count = counters.expirations(why);
            if (count > 0) {
                expired.put(why.label(), count);
            }
        }
        boolean checked = balancer.healthCheck() != null;
        return new ProxyTraffic(
                balancer.open(),
                counters.connects(),
                counters.connectNanos(),
                counters.retries(),
                counters.ejections(),
                refusals,
                expired,
                checked ? Map.of(PASSED, counters.passedChecks(), FAILED, counters.failedChecks()) : Map.of(),
                unhealthy(balancer.reachable()));
    }

    private static long unhealthy(UpstreamPool pool) {
        return IntStream.range(0, pool.size())
                .filter(i -> pool.upstream(i).outage() != null)
                .count();
    }

    private static List<EndpointTraffic> endpoints(PortBalancer balancer, long now) {
        UpstreamPool pool = balancer.reachable();
        Skips skips = balancer.skips(pool, now);
        List<EndpointTraffic> endpoints = new ArrayList<>(pool.size());
        for (int i = 0; i < pool.size(); i++) {
            Upstream upstream = pool.upstream(i);
            int weight = skips.admits(upstream, now) ? pool.weight(i) : 0;
            endpoints.add(new EndpointTraffic(upstream.address(), upstream.port(), weight, upstream.open(), 0));
        }
        return endpoints;
    }

    @Override
    public void close() {}
}
