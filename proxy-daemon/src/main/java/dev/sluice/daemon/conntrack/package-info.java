// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Deletes stale conntrack entries after each sync. Core decides which ones are stale. */
@NullMarked
package dev.sluice.daemon.conntrack;

import org.jspecify.annotations.NullMarked;
