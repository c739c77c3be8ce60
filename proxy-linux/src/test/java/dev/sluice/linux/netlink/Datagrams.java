// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import dev.sluice.linux.NetlinkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Passes recorded datagrams to listeners. */
public final class Datagrams {
    private Datagrams() {}

    public static void deliver(byte[] datagram, NetlinkSubscription.Listener listener) throws NetlinkException {
        ByteBuffer buffer = ByteBuffer.wrap(datagram).order(ByteOrder.nativeOrder());
        while (buffer.hasRemaining()) {
            listener.heard(Message.next(buffer));
        }
    }
}
