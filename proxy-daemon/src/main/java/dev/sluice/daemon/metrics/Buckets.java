// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The histogram buckets of kube-proxy 1.36, in seconds where nothing else is said. */
final class Buckets {
    /** 1 ms, doubled 14 times: up to 16.384 s. */
    static final double[] SYNC =
            IntStream.range(0, 15).mapToDouble(i -> 0.001 * (1 << i)).toArray();

    /** Quarter and half a second, every second to 59, every 5 to 115, every 30 to 300. */
    static final double[] NETWORK_PROGRAMMING = Stream.of(
                    new double[] {0.25, 0.5}, steps(1, 59, 1), steps(60, 115, 5), steps(120, 300, 30))
            .flatMapToDouble(DoubleStream::of)
            .toArray();

    /** client-go's: of requests to the API server. */
    static final double[] API_REQUEST = {0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60};

    /** client-go's: of answers of the API server, in bytes. */
    static final double[] API_SIZE = {64, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216};

    private Buckets() {}

    private static double[] steps(int from, int to, int by) {
        return IntStream.iterate(from, i -> i <= to, i -> i + by)
                .asDoubleStream()
                .toArray();
    }
}
