// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The costs of the built daemon, beside peers that do the same in the same run. This package holds what the benchmarks
 * of all modes share: the daemon's own figures, the measured changes, and tables. Each sub-package knows one mode.
 */
@NullMarked
package dev.sluice.bench;

import org.jspecify.annotations.NullMarked;
