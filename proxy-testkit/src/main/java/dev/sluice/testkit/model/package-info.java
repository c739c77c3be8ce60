// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Builders of service ports, endpoints and snapshots for tests. */
@NullMarked
package dev.sluice.testkit.model;

import org.jspecify.annotations.NullMarked;
