// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The behaviour of userspace mode alone: balancing, limits, hostile peers, the PROXY protocol, the handover between
 * processes.
 */
@NullMarked
package dev.sluice.conformance.catalogue.userspace;

import org.jspecify.annotations.NullMarked;
