// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Stand-ins for the kernel and its tools that refuse what the originals refuse. */
@NullMarked
package dev.sluice.testkit.fake;

import org.jspecify.annotations.NullMarked;
