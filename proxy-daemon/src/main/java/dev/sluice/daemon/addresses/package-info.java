// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Changes of the node's addresses. */
@NullMarked
package dev.sluice.daemon.addresses;

import org.jspecify.annotations.NullMarked;
