// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The behaviour of the process in every mode: commands, configuration, health, metrics, restarts, leftovers of other
 * modes.
 */
@NullMarked
package dev.sluice.conformance.catalogue.daemon;

import org.jspecify.annotations.NullMarked;
