// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The behaviour of ipvs mode alone: virtual servers, schedulers, drains, drift. */
@NullMarked
package dev.sluice.conformance.catalogue.ipvs;

import org.jspecify.annotations.NullMarked;
