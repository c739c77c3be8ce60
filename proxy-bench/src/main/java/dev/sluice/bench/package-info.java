// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the built daemon costs, beside peers that do the same in the same run. Here is what the benchmarks of all modes
 * share: the daemon's own figures, the changes that are measured, and tables. The parts below know one mode each.
 */
@NullMarked
package dev.sluice.bench;

import org.jspecify.annotations.NullMarked;
