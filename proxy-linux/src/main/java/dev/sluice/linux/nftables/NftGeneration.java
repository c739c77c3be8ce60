// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The number that each commit to nf_tables raises by one, whoever makes it; one for each network namespace. */
public final class NftGeneration {
    /** Not told by the kernel. */
    public static final long UNKNOWN = -1;

    private NftGeneration() {}

    /** The present number, {@link #UNKNOWN} when the kernel does not say. */
    public static long read(NetlinkSocket socket) throws NetlinkException {
        NetlinkRequest request = new NetlinkRequest(
                "read the generation of nf_tables",
                NftProtocol.GET_GENERATION,
                0,
                out -> out.u8(0).u8(0).u16(0));
        List<Long> numbers = socket.query(request, NftGeneration::number).values();
        return numbers.size() == 1 ? numbers.getFirst() : UNKNOWN;
    }

    /** Who made the commit that a notification ends: {@code nft (pid 7)}; empty when the kernel does not say. */
    public static String author(Message message) {
        String name = "";
        long pid = 0;
        AttributeReader attributes = message.attributes(NftProtocol.HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case NftProtocol.GENERATION_PROCESS_ID -> pid = attributes.u32BigEndian();
                case NftProtocol.GENERATION_PROCESS_NAME -> name = attributes.string();
                default -> {
                    // the number of the generation
                }
            }
        }
        return name.isEmpty() ? "" : name + " (pid " + pid + ")";
    }

    private static @Nullable Long number(Message message) throws NetlinkException {
        AttributeReader attributes = message.attributes(NftProtocol.HEADER);
        Long number = null;
        while (attributes.next()) {
            if (attributes.type() == NftProtocol.GENERATION_ID) {
                number = attributes.u32BigEndian();
            }
        }
        attributes.check("read the generation of nf_tables");
        return number;
    }
}
