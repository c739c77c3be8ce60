// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** How the daemon writes its log: the forms of its lines, and which events are written. */
@NullMarked
package dev.sluice.daemon.log;

import org.jspecify.annotations.NullMarked;
