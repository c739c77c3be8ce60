// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Attacks and faults under traffic: what the daemon notices, where it says so, what is lost, and how it recovers. */
@NullMarked
package dev.sluice.conformance.fault;

import org.jspecify.annotations.NullMarked;
