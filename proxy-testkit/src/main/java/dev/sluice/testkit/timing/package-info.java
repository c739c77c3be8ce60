// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** How long tests wait on machines of any speed. Knows nothing of what they wait for. */
@NullMarked
package dev.sluice.testkit.timing;

import org.jspecify.annotations.NullMarked;
