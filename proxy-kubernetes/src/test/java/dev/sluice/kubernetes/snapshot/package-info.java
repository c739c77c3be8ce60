// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Tests. */
@NullMarked
package dev.sluice.kubernetes.snapshot;

import org.jspecify.annotations.NullMarked;
