// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** What a node pays for the daemon: time and processor time until it is healthy, and memory, beside the plain JVM. */
@NullMarked
package dev.sluice.bench.footprint;

import org.jspecify.annotations.NullMarked;
