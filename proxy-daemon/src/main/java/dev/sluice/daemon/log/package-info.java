// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** How the daemon writes its log. */
@NullMarked
package dev.sluice.daemon.log;

import org.jspecify.annotations.NullMarked;
