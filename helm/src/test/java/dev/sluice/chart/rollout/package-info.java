// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Which of two proxies a node gets. */
@NullMarked
package dev.sluice.chart.rollout;

import org.jspecify.annotations.NullMarked;
