// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The health check node ports of Services: whose they are, what they answer, and the one server behind them all. */
@NullMarked
package dev.sluice.daemon.healthport;

import org.jspecify.annotations.NullMarked;
