// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Sockets, pipes and limits of this process, where the JDK does not reach. */
@NullMarked
package dev.sluice.linux.socket;

import org.jspecify.annotations.NullMarked;
