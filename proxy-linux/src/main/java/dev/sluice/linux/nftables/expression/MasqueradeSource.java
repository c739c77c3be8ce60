// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import org.jspecify.annotations.Nullable;

/** Gives the packet's connection the source address of the interface that it leaves by, and any free port. */
public record MasqueradeSource() implements Expression {
    private static final int FLAGS = 1;
    private static final int FULLY_RANDOM = 16;

    @Override
    public String name() {
        return "masq";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(FLAGS, FULLY_RANDOM);
    }

    static @Nullable Expression read(GivenAttributes in) {
        return in.number(FLAGS) == FULLY_RANDOM ? new MasqueradeSource() : null;
    }

    @Override
    public String toString() {
        return "masq flags " + FULLY_RANDOM;
    }
}
