// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** What only ipvs mode has: virtual servers, schedulers, drains, drift. */
@NullMarked
package dev.sluice.conformance.catalogue.ipvs;

import org.jspecify.annotations.NullMarked;
