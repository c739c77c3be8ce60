// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The command line. */
@NullMarked
package dev.sluice.daemon.cli;

import org.jspecify.annotations.NullMarked;
