// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Looks after the process: its memory, threads that hang, and the one without which it can do nothing. */
@NullMarked
package dev.sluice.daemon.watchdog;

import org.jspecify.annotations.NullMarked;
