// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Runs the catalogue against the built daemon, which it knows as a process, and writes tables of the results. */
@NullMarked
package dev.sluice.conformance;

import org.jspecify.annotations.NullMarked;
