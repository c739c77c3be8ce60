// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Prometheus and Alertmanager as processes on a host of the lab. Knows their APIs, nothing of alerts or dashboards. */
@NullMarked
package dev.sluice.testkit.prometheus;

import org.jspecify.annotations.NullMarked;
