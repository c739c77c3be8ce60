// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The contract of every mode, as tests over {@code ProxyModule} and {@code ProxyBackend}, the smallest mode that keeps
 * it, and a mode's backend on a host of fakes or in the lab, for its other tests. Knows no mode by name.
 */
@NullMarked
package dev.sluice.testkit.contract;

import org.jspecify.annotations.NullMarked;
