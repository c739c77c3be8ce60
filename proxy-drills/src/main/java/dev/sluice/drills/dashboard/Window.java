// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.dashboard;

/**
 * The time that a picture shows.
 *
 * @param begin and {@code end} in seconds since 1970
 * @param step seconds between two values
 * @param rateInterval stands for Grafana's {@code $__rate_interval}
 */
public record Window(double begin, double end, double step, String rateInterval) {

    /** Where a time lies between the begin, 0, and the end, 1. */
    double share(double time) {
        return (time - begin) / (end - begin);
    }
}
