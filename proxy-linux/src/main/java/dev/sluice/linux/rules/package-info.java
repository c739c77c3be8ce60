// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The one rule language of all modes that write iptables rules: typed rules, their text, and the way of a packet
 * through them. A {@link dev.sluice.linux.rules.RuleBuilder} makes a {@link dev.sluice.linux.rules.Rule}, which prints
 * itself exactly as iptables-save does; a {@link dev.sluice.linux.rules.RuleTable} holds whole chains, and a
 * {@link dev.sluice.linux.rules.PacketTracer} walks packets through it. Knows neither Services nor the tools: texts are
 * compared and restored by {@link dev.sluice.linux.iptables}.
 */
@NullMarked
package dev.sluice.linux.rules;

import org.jspecify.annotations.NullMarked;
