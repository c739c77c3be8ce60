// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The IP sets of ipvs mode and the iptables rules that look them up, as data and as text. Reads and writes nothing. */
@NullMarked
package dev.sluice.ipvs.rules;

import org.jspecify.annotations.NullMarked;
