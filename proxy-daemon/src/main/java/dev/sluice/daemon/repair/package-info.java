// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Repairs what other programs change in a mode's kernel state, and reports it. Knows neither rules nor modes. */
@NullMarked
package dev.sluice.daemon.repair;

import org.jspecify.annotations.NullMarked;
