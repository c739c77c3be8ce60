// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** A rollout under load: the fate of connections while endpoints are replaced and the daemon is restarted. */
@NullMarked
package dev.sluice.drills.rollout;

import org.jspecify.annotations.NullMarked;
