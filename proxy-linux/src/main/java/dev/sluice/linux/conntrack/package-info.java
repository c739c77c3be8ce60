// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Lists and deletes entries of the connection tracking table over ctnetlink; knows no Services. */
@NullMarked
package dev.sluice.linux.conntrack;

import org.jspecify.annotations.NullMarked;
