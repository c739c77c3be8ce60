// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.netlink.MessageWriter;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Loads bytes of the packet.
 *
 * @param offset from the beginning of the header, in bytes
 * @param length in bytes
 */
public record PayloadField(Header header, int offset, int length, int register) implements Expression {
    private static final int DESTINATION = 1;
    private static final int BASE = 2;
    private static final int OFFSET = 3;
    private static final int LENGTH = 4;

    /** The kernel's numbers (NFT_PAYLOAD_*). */
    public enum Header {
        NETWORK(1),
        TRANSPORT(2);

        private final int number;

        Header(int number) {
            this.number = number;
        }
    }

    /** The source address: one register for IPv4, four for IPv6. */
    public static PayloadField source(IpFamily family, int register) {
        return family == IpFamily.IPV4
                ? new PayloadField(Header.NETWORK, 12, 4, register)
                : new PayloadField(Header.NETWORK, 8, 16, register);
    }

    /** The destination address: one register for IPv4, four for IPv6. */
    public static PayloadField destination(IpFamily family, int register) {
        return family == IpFamily.IPV4
                ? new PayloadField(Header.NETWORK, 16, 4, register)
                : new PayloadField(Header.NETWORK, 24, 16, register);
    }

    /** The destination port of TCP, UDP or SCTP. */
    public static PayloadField destinationPort(int register) {
        return new PayloadField(Header.TRANSPORT, 2, 2, register);
    }

    @Override
    public String name() {
        return "payload";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(DESTINATION, Register.number(register))
                .u32BigEndian(BASE, header.number)
                .u32BigEndian(OFFSET, offset)
                .u32BigEndian(LENGTH, length);
    }

    static @Nullable Expression read(GivenAttributes in) {
        int base = in.number(BASE);
        int offset = in.number(OFFSET);
        int length = in.number(LENGTH);
        int register = in.register(DESTINATION);
        return Stream.of(Header.values())
                .filter(header -> header.number == base)
                .map(header -> new PayloadField(header, offset, length, register))
                .findAny()
                .orElse(null);
    }

    @Override
    public String toString() {
        String from = header == Header.NETWORK ? "network" : "transport";
        return "payload load " + length + "b @ " + from + " header + " + offset + " => reg " + register;
    }
}
