// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The command line: its flags, its help, and the values that it sets. Does not act on them. */
@NullMarked
package dev.sluice.daemon.cli;

import org.jspecify.annotations.NullMarked;
