// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the element of a message that the kernel's error points at, by encoding the message once more. */
final class ElementOffsets {
    private static final int TYPE_MASK = 0x3fff;

    private ElementOffsets() {}

    static @Nullable SetElement elementAt(NetlinkRequest message, List<SetElement> elements, int offset) {
        if (offset < 0) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.wrap(message.encode(0, 0)).order(ByteOrder.nativeOrder());
        int at = Netlink.HEADER + NftProtocol.HEADER;
        while (at + 4 <= bytes.limit() && type(bytes, at) != NftRequests.ELEMENTS) {
            at = next(bytes, at);
        }
        at += 4;
        if (offset < at) {
            return null;
        }
        for (SetElement element : elements) {
            if (at + 4 > bytes.limit()) {
                return null;
            }
            int end = next(bytes, at);
            if (offset < end) {
                return element;
            }
            at = end;
        }
        return null;
    }

    private static int type(ByteBuffer bytes, int at) {
        return bytes.getShort(at + 2) & TYPE_MASK;
    }

    private static int next(ByteBuffer bytes, int at) {
        return at + Math.max(4, (bytes.getShort(at) & 0xffff) + 3 & ~3);
    }
}
