// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** A histogram of the times until endpoints accepted connections, retries included. Any thread may add and read. */
public final class ConnectTimes {
    private static final double[] BOUNDS = {
        0.0001,
        0.00025,
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1,
        2.5,
        5,
        Double.POSITIVE_INFINITY
    };

    private final LongAdder[] counts =
            Arrays.stream(BOUNDS).mapToObj(bound -> new LongAdder()).toArray(LongAdder[]::new);
    private final LongAdder nanos = new LongAdder();

    void add(long time) {
        double seconds = time / (double) TimeUnit.SECONDS.toNanos(1);
        int bucket = 0;
        while (seconds > BOUNDS[bucket]) {
            bucket++;
        }
        counts[bucket].increment();
        nanos.add(time);
    }

    /** The number of buckets. */
    public int buckets() {
        return BOUNDS.length;
    }

    /** The largest time of a bucket, in seconds. */
    public double bound(int bucket) {
        return BOUNDS[bucket];
    }

    /** The number of times in a bucket: at most its bound, and longer than that of the bucket before. */
    public long count(int bucket) {
        return counts[bucket].sum();
    }

    /** The sum of all times, in seconds. */
    public double seconds() {
        return nanos.sum() / (double) TimeUnit.SECONDS.toNanos(1);
    }
}
