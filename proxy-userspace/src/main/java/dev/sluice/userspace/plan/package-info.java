// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What a sync is to do: the service ports that are desired against those that are applied, as sockets, routes, rules
 * and set elements. Pure: it opens nothing and asks nobody.
 */
@NullMarked
package dev.sluice.userspace.plan;

import org.jspecify.annotations.NullMarked;
