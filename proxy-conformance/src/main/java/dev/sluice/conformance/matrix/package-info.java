// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** kube-proxy's behaviours as a numbered list, and the results of each in each mode. */
@NullMarked
package dev.sluice.conformance.matrix;

import org.jspecify.annotations.NullMarked;
