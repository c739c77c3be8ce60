// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** What has to be found out and set before the first sync. */
@NullMarked
package dev.sluice.daemon.start;

import org.jspecify.annotations.NullMarked;
