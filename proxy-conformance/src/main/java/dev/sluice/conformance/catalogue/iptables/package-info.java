// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The behaviour of iptables mode alone: its rules, dispatch trees, restores, repairs. */
@NullMarked
package dev.sluice.conformance.catalogue.iptables;

import org.jspecify.annotations.NullMarked;
