// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

/**
 * A real server as the kernel reports it.
 *
 * @param forwarding the forwarding method, 0 for NAT (IP_VS_CONN_F_FWD_MASK)
 */
public record RealServerState(
        RealServer server,
        int forwarding,
        long activeConnections,
        long inactiveConnections,
        long persistentConnections,
        IpvsStats stats) {}
