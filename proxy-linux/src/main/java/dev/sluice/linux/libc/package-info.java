// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The functions of the C library; the only package that calls native code. */
@NullMarked
package dev.sluice.linux.libc;

import org.jspecify.annotations.NullMarked;
