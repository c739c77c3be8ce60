// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

/** Where a portal leads: to a service port, under one of its two traffic policies. */
public record PortalRoute(PortBalancer balancer, PortalScope scope) {}
