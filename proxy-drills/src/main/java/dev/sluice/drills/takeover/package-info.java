// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Restarts of the daemon in userspace mode under load, none of which may refuse a new connection. */
@NullMarked
package dev.sluice.drills.takeover;

import org.jspecify.annotations.NullMarked;
