// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** A virtual machine for kernel features that this machine lacks. */
@NullMarked
package dev.sluice.testkit.vm;

import org.jspecify.annotations.NullMarked;
