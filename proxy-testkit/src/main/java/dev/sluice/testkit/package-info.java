// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The network lab, the VM runner, the daemon as a process, and fakes that enforce the kernel's rules. */
@NullMarked
package dev.sluice.testkit;

import org.jspecify.annotations.NullMarked;
