// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.rules;

import dev.sluice.linux.rules.Rule;

/** A rule of one of this mode's own chains. */
public record ChainRule(String chain, Rule rule) {}
