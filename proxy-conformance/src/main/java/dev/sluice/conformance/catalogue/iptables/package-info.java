// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** What only iptables mode has: its rules, dispatch trees, restores, repairs. */
@NullMarked
package dev.sluice.conformance.catalogue.iptables;

import org.jspecify.annotations.NullMarked;
