// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The scenario language, and the runner: behaviours written once, run for every mode and family that they apply to. */
@NullMarked
package dev.sluice.conformance.scenario;

import org.jspecify.annotations.NullMarked;
