// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.trace;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;

/**
 * The first packet of a connection, as it enters the node's network stack.
 *
 * @param origin where it enters
 * @param inInterface the interface that it arrives on, empty for {@link Origin#NODE} or when unknown
 */
public record Packet(
        Protocol protocol,
        IpAddress source,
        int sourcePort,
        IpAddress destination,
        int destinationPort,
        Origin origin,
        String inInterface) {

    /** Whether the packet originates on the node or arrives there. */
    public enum Origin {
        /** A process in the node's own namespace sends it (OUTPUT). */
        NODE,
        /** It arrives on an interface: from a Pod or from outside (PREROUTING). */
        ARRIVING
    }

    public IpFamily family() {
        return destination.family();
    }
}
