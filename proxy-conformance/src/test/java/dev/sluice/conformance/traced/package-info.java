// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The catalogue without packets: each mode's real backends on a host of fakes, and what they say of packets. */
@NullMarked
package dev.sluice.conformance.traced;

import org.jspecify.annotations.NullMarked;
