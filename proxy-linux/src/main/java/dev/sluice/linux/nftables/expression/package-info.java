// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The expressions that rules of nf_tables consist of, one class each, as the kernel runs them: they load registers,
 * compare them, look them up, and give verdicts.
 */
@NullMarked
package dev.sluice.linux.nftables.expression;

import org.jspecify.annotations.NullMarked;
