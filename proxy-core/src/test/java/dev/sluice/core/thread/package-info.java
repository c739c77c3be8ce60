// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Tests. */
@NullMarked
package dev.sluice.core.thread;

import org.jspecify.annotations.NullMarked;
