// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The chart's objects against the daemon as it is packaged. */
@NullMarked
package dev.sluice.chart.live;

import org.jspecify.annotations.NullMarked;
