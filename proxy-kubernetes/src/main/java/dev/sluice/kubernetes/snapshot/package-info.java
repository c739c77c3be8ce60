// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The cluster's state as the API server said it last, kept in a file, for a start without the API server. Knows nothing
 * of how a server is asked.
 */
@NullMarked
package dev.sluice.kubernetes.snapshot;

import org.jspecify.annotations.NullMarked;
