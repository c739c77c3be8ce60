// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The health check node ports of Services: their owners, their answers, and the one server behind them all. */
@NullMarked
package dev.sluice.daemon.healthport;

import org.jspecify.annotations.NullMarked;
