// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Parses and resolves the cluster's objects, and tracks what changed since the last sync. Knows no mode. */
@NullMarked
package dev.sluice.core.track;

import org.jspecify.annotations.NullMarked;
