// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import org.jspecify.annotations.Nullable;

/** Loads a random number below {@code modulus}, in the machine's order. */
public record RandomNumber(int register, int modulus) implements Expression {
    private static final int DESTINATION = 1;
    private static final int MODULUS = 2;
    private static final int TYPE = 3;
    private static final int RANDOM = 1;

    @Override
    public String name() {
        return "numgen";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(DESTINATION, Register.number(register))
                .u32BigEndian(MODULUS, modulus)
                .u32BigEndian(TYPE, RANDOM);
    }

    static @Nullable Expression read(GivenAttributes in) {
        return in.number(TYPE) == RANDOM ? new RandomNumber(in.register(DESTINATION), in.number(MODULUS)) : null;
    }

    @Override
    public String toString() {
        return "numgen reg " + register + " = random mod " + modulus;
    }
}
