// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import dev.sluice.core.config.ProxyMode;
import java.util.EnumSet;
import java.util.Set;

/** Which modes have a metric, as docs/metrics.md says. */
final class MetricModes {
    private MetricModes() {}

    static Set<ProxyMode> of(String metric) {
        if (metric.equals("up")) {
            return EnumSet.noneOf(ProxyMode.class); // Prometheus' own
        }
        if (metric.startsWith("kubeproxy_sync_proxy_rules_iptables_") && !metric.contains("restore_failures")) {
            return EnumSet.of(ProxyMode.IPTABLES);
        }
        if (metric.equals("sluice_service_packets_total") || metric.equals("sluice_endpoint_inactive_connections")) {
            return EnumSet.of(ProxyMode.IPVS);
        }
        if (metric.startsWith("sluice_userspace_")
                || metric.matches("sluice_service_(active|connect_|refus|eject|exp).*")) {
            return EnumSet.of(ProxyMode.USERSPACE);
        }
        if (metric.matches("sluice_service_(connections|bytes).*|sluice_endpoint_.*|sluice_traffic_.*")) {
            return EnumSet.of(ProxyMode.IPVS, ProxyMode.USERSPACE);
        }
        if (metric.equals("sluice_conntrack_deleted_flows_total")) {
            // in the others, IPVS or the proxy's own sockets remember where a flow goes
            return EnumSet.of(ProxyMode.IPTABLES);
        }
        return EnumSet.allOf(ProxyMode.class);
    }
}
