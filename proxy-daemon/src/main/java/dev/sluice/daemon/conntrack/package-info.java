// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Deletes conntrack entries that lead to endpoints which are gone, after each sync. Core decides which ones. */
@NullMarked
package dev.sluice.daemon.conntrack;

import org.jspecify.annotations.NullMarked;
