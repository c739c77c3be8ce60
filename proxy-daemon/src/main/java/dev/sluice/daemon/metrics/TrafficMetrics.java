// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.core.traffic.EndpointTraffic;
import dev.sluice.core.traffic.PortTraffic;
import dev.sluice.core.traffic.ProxyTraffic;
import dev.sluice.core.traffic.TrafficCounters;
import dev.sluice.core.traffic.TrafficException;
import dev.sluice.core.traffic.TrafficSelection;
import dev.sluice.core.traffic.TrafficTotals;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The traffic of Services and the load of their endpoints, read at each scrape. The kernel's counters outlive the
 * process, so they do not begin at 0.
 */
final class TrafficMetrics implements MultiCollector {
    private static final Logger LOG = LoggerFactory.getLogger(TrafficMetrics.class);

    private final TrafficCounters counters;
    private final TrafficLimits limits;

    TrafficMetrics(TrafficCounters counters, TrafficLimits limits) {
        this.counters = counters;
        this.limits = limits;
    }

    @Override
    public MetricSnapshots collect() {
        try {
            return snapshots(TrafficSelection.of(counters.read(), limits.ports(), limits.endpoints()));
        } catch (TrafficException e) {
            LOG.atWarn().addKeyValue("cause", e.getMessage()).log("the page has no traffic of Services");
            return new MetricSnapshots();
        }
    }

    private static MetricSnapshots snapshots(TrafficSelection selection) {
        var connections = counter("sluice_service_connections", "Connections to a Service, and flows of UDP");
        var packets = counter("sluice_service_packets", "Packets from (in) and to (out) the clients of a Service");
        var bytes = counter(
                "sluice_service_bytes",
                "Bytes from (in) and to (out) the clients of a Service: of IP packets, or of what these carry where"
                        + " the proxy relays it");
        var active = gauge("sluice_endpoint_active_connections", "Open connections of an endpoint");
        var inactive = gauge(
                "sluice_endpoint_inactive_connections",
                "Ended connections of an endpoint that the kernel remembers, and flows of UDP");
        var weight = gauge("sluice_endpoint_weight", "Weight of an endpoint; with 0 it takes no new connections");
        ProxyTrafficMetrics proxied = new ProxyTrafficMetrics();
        for (PortTraffic port : selection.shown()) {
            Labels labels = labels(port);
            TrafficTotals carried = port.carried();
            connections.dataPoint(count(labels, carried.connections()));
            ProxyTraffic proxy = port.proxy();
            Labels in = labels.add("direction", "in");
            Labels out = labels.add("direction", "out");
            if (proxy == null) {
                packets.dataPoint(count(in, carried.packetsIn()));
                packets.dataPoint(count(out, carried.packetsOut()));
            } else {
                proxied.add(labels, proxy);
            }
            bytes.dataPoint(count(in, carried.bytesIn()));
            bytes.dataPoint(count(out, carried.bytesOut()));
            for (EndpointTraffic endpoint : port.endpoints()) {
                Labels of = labels.add("endpoint", endpoint.address().withPort(endpoint.port()));
                active.dataPoint(value(of, endpoint.active()));
                if (proxy == null) {
                    inactive.dataPoint(value(of, endpoint.inactive()));
                }
                weight.dataPoint(value(of, endpoint.weight()));
            }
        }
        var portsLeftOut = gauge(
                "sluice_traffic_service_ports_left_out", "Service ports whose traffic is not shown, beyond the limit");
        portsLeftOut.dataPoint(value(Labels.EMPTY, selection.portsLeftOut()));
        var endpointsLeftOut =
                gauge("sluice_traffic_endpoints_left_out", "Endpoints that are not shown, beyond the limit");
        endpointsLeftOut.dataPoint(value(Labels.EMPTY, selection.endpointsLeftOut()));
        List<MetricSnapshot> all = new ArrayList<>(List.of(
                connections.build(),
                packets.build(),
                bytes.build(),
                active.build(),
                inactive.build(),
                weight.build(),
                portsLeftOut.build(),
                endpointsLeftOut.build()));
        all.addAll(proxied.snapshots());
        all.removeIf(snapshot -> snapshot.getDataPoints().isEmpty());
        return new MetricSnapshots(all);
    }

    private static Labels labels(PortTraffic port) {
        return Labels.of(
                "namespace", port.port().service().namespace(),
                "service", port.port().service().name(),
                "port", port.port().port(),
                "protocol", port.port().protocol().lowerCase(),
                "ip_family", port.family().label());
    }

    static CounterSnapshot.Builder counter(String name, String help) {
        return CounterSnapshot.builder().name(name).help(help);
    }

    static GaugeSnapshot.Builder gauge(String name, String help) {
        return GaugeSnapshot.builder().name(name).help(help);
    }

    static CounterDataPointSnapshot count(Labels labels, long value) {
        return CounterDataPointSnapshot.builder()
                .labels(labels)
                .value((double) value)
                .build();
    }

    static GaugeDataPointSnapshot value(Labels labels, long value) {
        return GaugeDataPointSnapshot.builder()
                .labels(labels)
                .value((double) value)
                .build();
    }
}
