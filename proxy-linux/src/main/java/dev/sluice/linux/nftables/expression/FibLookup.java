// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Loads the type of the packet's source or destination address (RTN_*, in the machine's order) from the routes. */
public record FibLookup(Side side, int register) implements Expression {
    /** The type of an address of this host. */
    public static final int LOCAL = 2;

    public static final int UNICAST = 1;
    public static final int MULTICAST = 5;

    private static final int DESTINATION = 1;
    private static final int RESULT = 2;
    private static final int FLAGS = 3;
    private static final int ADDRESS_TYPE = 3;

    /** Which address is looked up (NFTA_FIB_F_*). */
    public enum Side {
        SOURCE(1),
        DESTINATION(2);

        private final int flag;

        Side(int flag) {
            this.flag = flag;
        }
    }

    @Override
    public String name() {
        return "fib";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(DESTINATION, Register.number(register))
                .u32BigEndian(RESULT, ADDRESS_TYPE)
                .u32BigEndian(FLAGS, side.flag);
    }

    static @Nullable Expression read(GivenAttributes in) {
        int flag = in.number(FLAGS);
        int register = in.register(DESTINATION);
        return in.number(RESULT) != ADDRESS_TYPE
                ? null
                : Stream.of(Side.values())
                        .filter(side -> side.flag == flag)
                        .map(side -> new FibLookup(side, register))
                        .findAny()
                        .orElse(null);
    }

    @Override
    public String toString() {
        return "fib " + (side == Side.SOURCE ? "saddr" : "daddr") + " type => reg " + register;
    }
}
