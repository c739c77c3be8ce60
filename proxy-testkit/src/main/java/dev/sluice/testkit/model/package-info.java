// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Short ways to write down service ports, endpoints and snapshots in tests. */
@NullMarked
package dev.sluice.testkit.model;

import org.jspecify.annotations.NullMarked;
