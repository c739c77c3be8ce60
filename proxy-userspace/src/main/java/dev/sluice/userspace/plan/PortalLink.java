// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.plan;

import dev.sluice.core.model.Portal;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.userspace.routing.PortalScope;

/** A portal with the service port that it leads to. */
public record PortalLink(Portal portal, ServicePortName port, PortalScope scope) {}
