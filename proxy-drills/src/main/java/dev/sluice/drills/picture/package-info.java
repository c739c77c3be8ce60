// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Pictures in SVG: shapes and text, and a terminal with what a command printed. */
@NullMarked
package dev.sluice.drills.picture;

import org.jspecify.annotations.NullMarked;
