// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

/** The route of a portal: its service port, and which of the two traffic policies applies. */
public record PortalRoute(PortBalancer balancer, PortalScope scope) {}
