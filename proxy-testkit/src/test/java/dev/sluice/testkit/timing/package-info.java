// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Tests of how long tests wait. */
@NullMarked
package dev.sluice.testkit.timing;

import org.jspecify.annotations.NullMarked;
