// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.netlink.MessageWriter;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes an address into the packet, and makes the checksums right (since Linux 4.10). Conntrack does not learn of it.
 *
 * @param source whether it is the source address, else the destination
 * @param register where the address begins
 */
public record SetAddress(IpFamily family, boolean source, int register) implements Expression {
    private static final int BASE = 2;
    private static final int OFFSET = 3;
    private static final int LENGTH = 4;
    static final int FROM = 5;
    private static final int CHECKSUM = 6;
    private static final int CHECKSUM_OFFSET = 7;
    private static final int FLAGS = 8;

    private static final int NETWORK_HEADER = 1;
    private static final int INTERNET_CHECKSUM = 1;
    private static final int CHECKSUM_OF_IPV4 = 10;
    /** The checksum of TCP or UDP covers addresses (NFT_PAYLOAD_L4CSUM_PSEUDOHDR). */
    private static final int TRANSPORT_CHECKSUM = 1;

    @Override
    public String name() {
        return "payload";
    }

    private PayloadField field() {
        return source ? PayloadField.source(family, register) : PayloadField.destination(family, register);
    }

    private boolean hasHeaderChecksum() {
        return family == IpFamily.IPV4;
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(FROM, Register.number(register))
                .u32BigEndian(BASE, NETWORK_HEADER)
                .u32BigEndian(OFFSET, field().offset())
                .u32BigEndian(LENGTH, field().length())
                .u32BigEndian(CHECKSUM, hasHeaderChecksum() ? INTERNET_CHECKSUM : 0)
                .u32BigEndian(CHECKSUM_OFFSET, hasHeaderChecksum() ? CHECKSUM_OF_IPV4 : 0)
                .u32BigEndian(FLAGS, TRANSPORT_CHECKSUM);
    }

    static @Nullable Expression read(GivenAttributes in) {
        int register = in.register(FROM);
        int base = in.number(BASE);
        int offset = in.number(OFFSET);
        int length = in.number(LENGTH);
        int checksum = in.number(CHECKSUM);
        int checksumOffset = in.number(CHECKSUM_OFFSET);
        boolean covers = in.number(FLAGS) == TRANSPORT_CHECKSUM;
        return Stream.of(IpFamily.values())
                .flatMap(family -> Stream.of(true, false).map(source -> new SetAddress(family, source, register)))
                .filter(each -> covers
                        && base == NETWORK_HEADER
                        && each.field().offset() == offset
                        && each.field().length() == length
                        && checksum == (each.hasHeaderChecksum() ? INTERNET_CHECKSUM : 0)
                        && checksumOffset == (each.hasHeaderChecksum() ? CHECKSUM_OF_IPV4 : 0))
                .findAny()
                .orElse(null);
    }

    @Override
    public String toString() {
        return "payload write reg " + register + " => " + (source ? "source" : "destination") + " address";
    }
}
