// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the process does whatever its mode: commands, configuration, health, metrics, restarts, leftovers of other modes.
 */
@NullMarked
package dev.sluice.conformance.catalogue.daemon;

import org.jspecify.annotations.NullMarked;
