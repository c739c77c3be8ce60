// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The pages that show or change the running process itself: its flags, log level, threads, heap and profile. */
@NullMarked
package dev.sluice.daemon.debug;

import org.jspecify.annotations.NullMarked;
