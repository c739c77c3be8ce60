package dev.sluice.core.config;

import java.time.Duration;
import java.util.List;

/**
 * The two fields of a section that say when a mode syncs: {@code syncPeriod} and {@code minSyncPeriod}.
 *
 * @param fullEachPeriod whether everything is compared with the kernel in each sync period, not only once an hour
 */
public record SyncPeriodFields(ConfigField period, ConfigField min, boolean fullEachPeriod) {
    private static final Duration LONGEST_WITHOUT_FULL_SYNC = Duration.ofHours(1);

    /** The fields of {@code section}, with kube-proxy's default for {@code syncPeriod}. */
    public static SyncPeriodFields of(String section, Duration min, boolean fullEachPeriod) {
        return new SyncPeriodFields(
                ConfigField.of(section + ".syncPeriod", ConfigField.Type.DURATION, Duration.ofSeconds(30))
                        .shownInUse(),
                ConfigField.of(section + ".minSyncPeriod", ConfigField.Type.DURATION, min)
                        .shownInUse(),
                fullEachPeriod);
    }

    public String section() {
        return period.section();
    }

    public List<ConfigField> fields() {
        return List.of(period, min);
    }

    /** The periods; a reason is added to {@code values} where they make no sense. */
    public SyncPeriods read(ConfigReader values) {
        Duration sync = values.duration(period);
        Duration least = values.duration(min);
        if (sync.isNegative() || sync.isZero()) {
            values.invalid(period.path() + ": must be greater than 0, not " + GoDuration.format(sync));
            return new SyncPeriods(Duration.ZERO, LONGEST_WITHOUT_FULL_SYNC, LONGEST_WITHOUT_FULL_SYNC);
        }
        if (least.isNegative() || least.compareTo(sync) > 0) {
            values.invalid(min.path() + ": must be from 0 to syncPeriod (" + GoDuration.format(sync) + "), not "
                    + GoDuration.format(least));
            return new SyncPeriods(Duration.ZERO, LONGEST_WITHOUT_FULL_SYNC, LONGEST_WITHOUT_FULL_SYNC);
        }
        return new SyncPeriods(least, sync, fullEachPeriod ? sync : LONGEST_WITHOUT_FULL_SYNC);
    }
}
