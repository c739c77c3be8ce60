// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The effects of a sync: routes, rules and set elements. Decides nothing; it carries out what was planned. */
@NullMarked
package dev.sluice.userspace.apply;

import org.jspecify.annotations.NullMarked;
