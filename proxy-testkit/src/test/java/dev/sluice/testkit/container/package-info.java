// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Tests of the translation from a Pod to a runtime specification. */
@NullMarked
package dev.sluice.testkit.container;

import org.jspecify.annotations.NullMarked;
