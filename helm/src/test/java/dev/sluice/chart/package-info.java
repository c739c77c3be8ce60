// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The chart as Helm renders, checks and refuses it. */
@NullMarked
package dev.sluice.chart;

import org.jspecify.annotations.NullMarked;
