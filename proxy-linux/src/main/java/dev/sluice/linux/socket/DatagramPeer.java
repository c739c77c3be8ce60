// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The address and port of a datagram's peer, as a key. An instance can be filled again and again, to look something up;
 * {@link #copy} makes one that lasts. The interface of a link-local address is not part of the key.
 */
public final class DatagramPeer {
    /** The first 8 bytes of the address as in memory: family, port, and in IPv4 the address. */
    long head;
    /** The halves of an IPv6 address in the kernel's order, 0 in IPv4. */
    long high;

    long low;
    int scope;

    public DatagramPeer copy() {
        DatagramPeer copy = new DatagramPeer();
        copy.head = head;
        copy.high = high;
        copy.low = low;
        copy.scope = scope;
        return copy;
    }

    boolean isV4() {
        return DatagramMemory.isV4(head);
    }

    public IpAddress address() {
        return isV4()
                ? new IpAddress(IpFamily.IPV4, 0, DatagramMemory.addressOf(head))
                : new IpAddress(IpFamily.IPV6, DatagramMemory.bigEndian(high), DatagramMemory.bigEndian(low));
    }

    public SocketAddress socketAddress() {
        return new SocketAddress(address(), DatagramMemory.portOf(head));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DatagramPeer peer && head == peer.head && high == peer.high && low == peer.low;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Long.hashCode(high) + Long.hashCode(low)) + Long.hashCode(head);
    }
}
