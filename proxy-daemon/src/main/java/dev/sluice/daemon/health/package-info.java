// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** HealthSnapshot, and the small HTTP servers that tell of it. */
@NullMarked
package dev.sluice.daemon.health;

import org.jspecify.annotations.NullMarked;
