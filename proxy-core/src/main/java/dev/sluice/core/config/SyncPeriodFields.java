// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import java.time.Duration;
import java.util.List;

/**
 * The two fields of a section that say when a mode syncs, {@code syncPeriod} and {@code minSyncPeriod}, with their
 * flags.
 *
 * @param full how often everything is compared with the kernel
 */
public record SyncPeriodFields(ConfigField period, ConfigField min, Full full) {
    /** kube-proxy's default of {@code minSyncPeriod}, which without a configuration file holds in every section. */
    public static final Duration LEAST_PERIOD = Duration.ofSeconds(1);

    private static final Duration PERIOD = Duration.ofSeconds(30);
    private static final Duration HOUR = Duration.ofHours(1);

    /** How often a mode compares everything with the kernel, if no failure makes it do so earlier. */
    public enum Full {
        /** Once an hour; {@code syncPeriod} is the longest wait after a failed sync. */
        HOURLY,
        /** In each {@code syncPeriod}. */
        EACH_PERIOD
    }

    /**
     * The fields of {@code section}.
     *
     * @param min the default of {@code minSyncPeriod} in a configuration file
     */
    public static SyncPeriodFields of(String section, Duration min, Full full) {
        return new SyncPeriodFields(
                ConfigField.of(section + ".syncPeriod", ConfigField.Type.DURATION, PERIOD)
                        .shownInUse(),
                ConfigField.of(section + ".minSyncPeriod", ConfigField.Type.DURATION, min)
                        .shownInUse(),
                full);
    }

    public String section() {
        return period.section();
    }

    public List<ConfigFlag> flags() {
        String periodText = full == Full.HOURLY
                ? "Longest wait after a failed sync."
                : "Longest time between two full syncs, and longest wait after a failed one.";
        return List.of(
                ConfigFlag.of(section() + "-sync-period", period, periodText),
                ConfigFlag.of(section() + "-min-sync-period", min, "Least time between two syncs.")
                        .withFallback(LEAST_PERIOD));
    }

    /** The periods; {@code values} get a reason where they make no sense. */
    public SyncPeriods read(ConfigReader values) {
        Duration sync = values.duration(period);
        Duration least = values.duration(min);
        if (sync.isNegative() || sync.isZero()) {
            values.invalid(period, "must be greater than 0, not " + GoDuration.format(sync));
            return new SyncPeriods(Duration.ZERO, HOUR, HOUR);
        }
        if (least.isNegative() || least.compareTo(sync) > 0) {
            values.invalid(
                    min,
                    "must be from 0 to syncPeriod (" + GoDuration.format(sync) + "), not " + GoDuration.format(least));
            return new SyncPeriods(Duration.ZERO, HOUR, HOUR);
        }
        return new SyncPeriods(least, sync, full == Full.HOURLY ? HOUR : sync);
    }
}
