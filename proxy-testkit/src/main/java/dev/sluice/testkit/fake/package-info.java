// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Fakes of the kernel and its tools that refuse what the originals refuse. */
@NullMarked
package dev.sluice.testkit.fake;

import org.jspecify.annotations.NullMarked;
