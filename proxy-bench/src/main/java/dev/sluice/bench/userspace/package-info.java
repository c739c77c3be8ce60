// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The benchmark of userspace mode under load, beside haproxy and nginx. */
@NullMarked
package dev.sluice.bench.userspace;

import org.jspecify.annotations.NullMarked;
