// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** What scenarios check besides answers: rules, virtual servers, conntrack entries, metrics, the log. */
@NullMarked
package dev.sluice.conformance.observe;

import org.jspecify.annotations.NullMarked;
