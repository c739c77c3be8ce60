// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Grafana dashboards drawn as pictures. Knows their JSON and how a panel looks, nothing of what they measure. */
@NullMarked
package dev.sluice.drills.dashboard;

import org.jspecify.annotations.NullMarked;
