// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The configuration: its fields, the file, the defaults, and the validated settings. */
@NullMarked
package dev.sluice.daemon.config;

import org.jspecify.annotations.NullMarked;
