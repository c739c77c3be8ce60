// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** One sync: the changes to carry out, their order, and what the kernel refused. Renders nothing itself. */
@NullMarked
package dev.sluice.ipvs.sync;

import org.jspecify.annotations.NullMarked;
