// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Tests of the API servers for tests. */
@NullMarked
package dev.sluice.testkit.api;

import org.jspecify.annotations.NullMarked;
