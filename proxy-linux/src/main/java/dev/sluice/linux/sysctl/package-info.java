// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Files of /proc and /sys, the kernel parameters among them, and the time since boot. */
@NullMarked
package dev.sluice.linux.sysctl;

import org.jspecify.annotations.NullMarked;
