// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The chart's alerts and dashboards: what they ask Prometheus, and whether that is tested and documented. */
@NullMarked
package dev.sluice.chart.observe;

import org.jspecify.annotations.NullMarked;
