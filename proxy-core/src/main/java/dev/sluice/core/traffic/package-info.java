// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The traffic that a mode carries, by service port and endpoint. Reads no counters itself. */
@NullMarked
package dev.sluice.core.traffic;

import org.jspecify.annotations.NullMarked;
