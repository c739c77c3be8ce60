// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Tests of the core as a whole. */
@NullMarked
package dev.sluice.core;

import org.jspecify.annotations.NullMarked;
