// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The sources of the cluster's objects, an API server and a directory of manifests, and the sink of Events. Knows
 * nothing of the kernel, and leaves what objects mean to the core.
 */
@NullMarked
package dev.sluice.kubernetes;

import org.jspecify.annotations.NullMarked;
