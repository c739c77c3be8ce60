// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import org.jspecify.annotations.Nullable;

/**
 * {@code ct count over N}: counts the connection of the packet, and matches when more than {@code most} of those that
 * it has counted are open. In an element, those of the packets that find it are counted (since Linux 5.7).
 */
public record ConnectionLimit(int most) implements Expression {
    private static final int COUNT = 1;
    private static final int FLAGS = 2;
    private static final int OVER = 1;

    @Override
    public String name() {
        return "connlimit";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(COUNT, most).u32BigEndian(FLAGS, OVER);
    }

    static @Nullable Expression read(GivenAttributes in) {
        int most = in.number(COUNT);
        return in.number(FLAGS) == OVER ? new ConnectionLimit(most) : null;
    }

    @Override
    public String toString() {
        return "connlimit count " + most + " flags 1";
    }
}
