// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.daemon.repair.Repair;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;

/** The metrics of rule repairs. */
final class RepairMetrics implements Repair.Listener {
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
