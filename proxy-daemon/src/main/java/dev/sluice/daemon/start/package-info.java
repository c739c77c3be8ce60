// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** What a start finds out and sets before the first sync. */
@NullMarked
package dev.sluice.daemon.start;

import org.jspecify.annotations.NullMarked;
