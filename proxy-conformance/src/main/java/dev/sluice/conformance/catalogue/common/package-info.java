// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The behaviour of Services in every mode: addresses, endpoints, policies, packets, conntrack entries. Scenarios of a
 * single mode are here when they belong to one of these topics.
 */
@NullMarked
package dev.sluice.conformance.catalogue.common;

import org.jspecify.annotations.NullMarked;
