// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The contract of every mode, as tests over {@code ProxyModule} and {@code ProxyBackend} on a host of fakes, and the
 * smallest mode that keeps it. Knows no mode by name.
 */
@NullMarked
package dev.sluice.testkit.contract;

import org.jspecify.annotations.NullMarked;
