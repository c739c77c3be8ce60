// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The catalogue: every behaviour that is tested with real packets, by topic. */
@NullMarked
package dev.sluice.conformance.catalogue;

import org.jspecify.annotations.NullMarked;
