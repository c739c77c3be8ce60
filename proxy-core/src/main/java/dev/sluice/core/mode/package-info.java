// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the daemon knows of a mode: one module for each, which assembles the mode on a host. Knows no mode by name and
 * no tool of the kernel; each mode's own Maven module implements it.
 */
@NullMarked
package dev.sluice.core.mode;

import org.jspecify.annotations.NullMarked;
