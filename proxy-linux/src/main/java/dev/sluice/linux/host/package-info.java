// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The host as the modes need it: kernel interfaces and tools, opened on first use. Knows no mode, and nothing of what
 * modes write to the kernel.
 */
@NullMarked
package dev.sluice.linux.host;

import org.jspecify.annotations.NullMarked;
