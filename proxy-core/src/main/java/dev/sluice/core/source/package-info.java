// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The cluster's objects, slim and unparsed, and the sources that deliver them. Knows nothing of their meaning. */
@NullMarked
package dev.sluice.core.source;

import org.jspecify.annotations.NullMarked;
