// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.core.net.IpFamily;
import dev.sluice.daemon.repair.Repair;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.List;

/** The metrics of rule repairs. */
final class RepairMetrics implements Repair.Listener {
    /** What every mode has; their series are there from the start, since Prometheus sees no increase to a first 1. */
    private static final List<String> RULE_TABLES = List.of("filter", "nat");

    private final Counter repairs;
    private final Histogram duration;

    RepairMetrics(CollectorFactory names) {
        repairs = names.counter(
                "sluice_rule_repairs_total",
                "Repairs of rules that another program had changed, by table",
                "ip_family",
                "table");
        duration = names.histogram(
                "sluice_rule_repair_duration_seconds",
                "Time from the notice of a foreign change until the rules are repaired, in seconds",
                Buckets.SYNC);
        for (IpFamily family : IpFamily.values()) {
            RULE_TABLES.forEach(table -> repairs.initLabelValues(family.label(), table));
            duration.initLabelValues(family.label());
        }
    }

    @Override
    public void repaired(Repair repair) {
        String family = repair.family().label();
        repair.namesByKind()
                .keySet()
                .forEach(table -> repairs.labelValues(family, table).inc());
        duration.labelValues(family).observe(repair.took().toNanos() / 1e9);
    }
}
