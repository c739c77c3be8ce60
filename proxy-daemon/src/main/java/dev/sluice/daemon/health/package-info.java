// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The health of the proxy, and the pages that report it. */
@NullMarked
package dev.sluice.daemon.health;

import org.jspecify.annotations.NullMarked;
