// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** kube-proxy's way of giving rules to the kernel, to compare with. */
@NullMarked
package dev.sluice.testkit.upstream;

import org.jspecify.annotations.NullMarked;
