// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

/** A virtual server as the kernel reports it. Those with a firewall mark are left out. */
public record VirtualServerState(VirtualServer server, IpvsStats stats) {}
