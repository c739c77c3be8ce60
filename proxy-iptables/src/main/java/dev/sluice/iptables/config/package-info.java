// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The options of iptables mode, with their fields, flags and defaults. Knows no rules. */
@NullMarked
package dev.sluice.iptables.config;

import org.jspecify.annotations.NullMarked;
