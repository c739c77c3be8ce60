// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What only userspace mode has: balancing, limits, hostile peers, the PROXY protocol, the handover between processes.
 */
@NullMarked
package dev.sluice.conformance.catalogue.userspace;

import org.jspecify.annotations.NullMarked;
