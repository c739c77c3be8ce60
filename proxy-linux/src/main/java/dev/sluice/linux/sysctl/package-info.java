// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Kernel parameters below /proc/sys, and the time since boot. */
@NullMarked
package dev.sluice.linux.sysctl;

import org.jspecify.annotations.NullMarked;
