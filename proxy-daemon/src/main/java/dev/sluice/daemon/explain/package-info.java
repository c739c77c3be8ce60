// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Where a packet goes and why: the page {@code /debug/explain} and the command {@code sluice explain}. */
@NullMarked
package dev.sluice.daemon.explain;

import org.jspecify.annotations.NullMarked;
