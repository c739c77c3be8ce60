// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.mode;

import dev.sluice.core.net.IpFamily;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** A metric that only one mode has; its value is read at each scrape, on any thread. */
public sealed interface ModeMetric {

    /** As it stands on the page, e.g. {@code sluice_rule_repairs_total}. */
    String name();

    /** What it counts, in one sentence without a full stop. */
    String help();

    /**
     * A counter: a value that only grows.
     *
     * @param value empty while there is none; the metric is then missing on the page
     */
    record Counter(String name, String help, Supplier<OptionalLong> value) implements ModeMetric {

        public static Counter of(String name, String help, LongSupplier value) {
            return new Counter(name, help, () -> OptionalLong.of(value.getAsLong()));
        }
    }

    /** A counter for each address family that is served. */
    record FamilyCounter(String name, String help, Map<IpFamily, LongSupplier> values) implements ModeMetric {
        public FamilyCounter {
            values = Map.copyOf(values);
        }
    }

    /** A gauge: a present value. */
    record Gauge(String name, String help, LongSupplier value) implements ModeMetric {}

    /** A histogram: how often values fell between bounds. */
    record Histogram(String name, String help, Supplier<Distribution> value) implements ModeMetric {}

    /**
     * The content of a histogram.
     *
     * @param sum of all values
     */
    record Distribution(List<Bucket> buckets, double sum) {
        public Distribution {
            buckets = List.copyOf(buckets);
        }
    }

    /**
     * Values up to {@code bound}, but above the bound of the bucket before.
     *
     * @param bound positive infinity for the last bucket
     */
    record Bucket(double bound, long count) {}
}
