// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.conntrack;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;

/**
 * An entry of the connection tracking table: the original direction, and the reply as the kernel expects it, which
 * shows what NAT did.
 *
 * @param zone the zone in which the tuples are unique, 0 unless a rule assigned one
 * @param id distinguishes the entry from a later one with the same original direction, unless the kernel put that one
 *     at the same place in memory; 0 when unknown
 */
public record ConntrackEntry(
        IpFamily family, Protocol protocol, Tuple original, Tuple reply, int mark, int zone, int id) {

    /** One direction of a connection. */
    public record Tuple(IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {}
}
