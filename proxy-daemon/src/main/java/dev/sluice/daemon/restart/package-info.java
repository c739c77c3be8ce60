// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Notices when what the process was started with changes; the process ends, and its supervisor starts it anew. */
@NullMarked
package dev.sluice.daemon.restart;

import org.jspecify.annotations.NullMarked;
