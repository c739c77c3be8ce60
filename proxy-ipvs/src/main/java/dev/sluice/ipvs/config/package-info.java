// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** What an operator can choose of this mode, with its fields, flags and defaults. Knows nothing of the kernel. */
@NullMarked
package dev.sluice.ipvs.config;

import org.jspecify.annotations.NullMarked;
