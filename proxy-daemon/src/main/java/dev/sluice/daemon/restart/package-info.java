// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** What the process was started with, and notices when it changes. The supervisor starts it anew. */
@NullMarked
package dev.sluice.daemon.restart;

import org.jspecify.annotations.NullMarked;
