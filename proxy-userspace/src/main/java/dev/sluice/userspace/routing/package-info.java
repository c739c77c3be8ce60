// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The way from a portal to an endpoint: what the event loops read and the sync thread writes. Knows neither sockets nor
 * rules.
 */
@NullMarked
package dev.sluice.userspace.routing;

import org.jspecify.annotations.NullMarked;
