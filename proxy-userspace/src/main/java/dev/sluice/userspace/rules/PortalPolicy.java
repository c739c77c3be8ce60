// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.rules;

import dev.sluice.userspace.routing.PortalScope;

/** The traffic policy that a portal is under, and which new connections it admits. */
public record PortalPolicy(PortalScope scope, PortalAccess access) {}
