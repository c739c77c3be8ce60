// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The schedulers: which endpoint gets a new connection, by weight, load and health. Knows neither Services nor sockets.
 */
@NullMarked
package dev.sluice.userspace.balance;

import org.jspecify.annotations.NullMarked;
