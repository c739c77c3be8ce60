// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.netlink.MessageWriter;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Translates the destination of the packet's connection to the address and the port in registers. */
public record Nat(IpFamily family, int address, int port) implements Expression {
    private static final int TYPE = 1;
    private static final int FAMILY = 2;
    private static final int ADDRESS = 3;
    private static final int ADDRESS_LAST = 4;
    private static final int PORT = 5;
    private static final int PORT_LAST = 6;
    private static final int FLAGS = 7;
    private static final int DESTINATION = 1;
    private static final int ADDRESS_AND_PORT = 3;

    @Override
    public String name() {
        return "nat";
    }

    @Override
    public void writeData(MessageWriter out) {
        int first = Register.number(address);
        int second = Register.number(port);
        out.u32BigEndian(TYPE, DESTINATION)
                .u32BigEndian(FAMILY, family.addressFamily())
                .u32BigEndian(ADDRESS, first)
                .u32BigEndian(ADDRESS_LAST, first)
                .u32BigEndian(PORT, second)
                .u32BigEndian(PORT_LAST, second)
                .u32BigEndian(FLAGS, ADDRESS_AND_PORT);
    }

    static @Nullable Expression read(GivenAttributes in) {
        int family = in.number(FAMILY);
        int address = in.register(ADDRESS);
        int port = in.register(PORT);
        boolean known = in.number(TYPE) == DESTINATION
                && in.number(FLAGS) == ADDRESS_AND_PORT
                && in.register(ADDRESS_LAST) == address
                && in.register(PORT_LAST) == port;
        return !known
                ? null
                : Stream.of(IpFamily.values())
                        .filter(each -> each.addressFamily() == family)
                        .map(each -> new Nat(each, address, port))
                        .findAny()
                        .orElse(null);
    }

    @Override
    public String toString() {
        return "nat dnat " + (family == IpFamily.IPV4 ? "ip" : "ip6") + " addr reg " + address + " proto reg " + port;
    }
}
