// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The image, run by runc as the rendered chart's Pod, under traffic. */
@NullMarked
package dev.sluice.chart.live.container;

import org.jspecify.annotations.NullMarked;
