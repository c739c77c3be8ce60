// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The addresses of the node, as they come and go. */
@NullMarked
package dev.sluice.daemon.addresses;

import org.jspecify.annotations.NullMarked;
