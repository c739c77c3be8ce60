// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** How a process that carries traffic itself takes over from a running one, and hands over to its successor. */
@NullMarked
package dev.sluice.daemon.handover;

import org.jspecify.annotations.NullMarked;
