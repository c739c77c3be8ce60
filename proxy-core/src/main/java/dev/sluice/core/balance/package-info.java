// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Load balancing that several modes share. Knows no scheduler. */
@NullMarked
package dev.sluice.core.balance;

import org.jspecify.annotations.NullMarked;
