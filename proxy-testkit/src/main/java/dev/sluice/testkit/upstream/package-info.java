// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** kube-proxy's way of writing rules, for comparison. */
@NullMarked
package dev.sluice.testkit.upstream;

import org.jspecify.annotations.NullMarked;
