// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The path of a packet, rule by rule, as a mode reports it. Traces nothing itself. */
@NullMarked
package dev.sluice.core.trace;

import org.jspecify.annotations.NullMarked;
