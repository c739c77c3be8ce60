// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The options of ipvs mode, with their fields, flags and defaults. Knows nothing of the kernel. */
@NullMarked
package dev.sluice.ipvs.config;

import org.jspecify.annotations.NullMarked;
