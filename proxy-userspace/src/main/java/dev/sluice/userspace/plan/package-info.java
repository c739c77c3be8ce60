// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The plan of a sync: the difference between desired and applied service ports, as routes and set elements. Pure:
 * does no I/O.
 */
@NullMarked
package dev.sluice.userspace.plan;

import org.jspecify.annotations.NullMarked;
