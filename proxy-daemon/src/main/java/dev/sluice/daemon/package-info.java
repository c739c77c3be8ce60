// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The daemon: main, the command line, the assembly of the Maven modules, health and metrics. */
@NullMarked
package dev.sluice.daemon;

import org.jspecify.annotations.NullMarked;
