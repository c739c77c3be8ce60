// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Laws of the text of the whole repository. They need no compiled class but the core's, so they run in the first module
 * and fail before the others are built.
 */
@NullMarked
package dev.sluice.core.scan;

import org.jspecify.annotations.NullMarked;
