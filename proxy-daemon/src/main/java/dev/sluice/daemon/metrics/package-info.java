// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Metrics under kube-proxy's names. */
@NullMarked
package dev.sluice.daemon.metrics;

import org.jspecify.annotations.NullMarked;
