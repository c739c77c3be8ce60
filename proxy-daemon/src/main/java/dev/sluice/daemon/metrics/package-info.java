// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The page {@code /metrics}, with kube-proxy's names where kube-proxy has the metric. */
@NullMarked
package dev.sluice.daemon.metrics;

import org.jspecify.annotations.NullMarked;
