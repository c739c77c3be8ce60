// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** An API server with many Services as a process of its own: over TLS, with objects as large as recorded ones. */
@NullMarked
package dev.sluice.testkit.cluster;

import org.jspecify.annotations.NullMarked;
