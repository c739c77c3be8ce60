// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Addresses, prefixes, families and protocols: the nouns of the wire. */
@NullMarked
package dev.sluice.core.net;

import org.jspecify.annotations.NullMarked;
