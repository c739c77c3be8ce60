// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Notices foreign changes of iptables rules, and protects NAT against them; does not repair anything. */
@NullMarked
package dev.sluice.linux.rulewatch;

import org.jspecify.annotations.NullMarked;
