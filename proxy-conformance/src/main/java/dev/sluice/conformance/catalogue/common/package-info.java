// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What every mode does with Services: addresses, endpoints, policies, packets, conntrack entries. Rows of one mode stand here where
 * they are about the same topic.
 */
@NullMarked
package dev.sluice.conformance.catalogue.common;

import org.jspecify.annotations.NullMarked;
