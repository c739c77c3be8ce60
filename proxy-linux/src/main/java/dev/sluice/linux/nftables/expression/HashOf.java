// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import org.jspecify.annotations.Nullable;

/** {@code to = jhash(length bytes from the register from, seed) mod modulus}, in the machine's order. */
public record HashOf(int from, int length, int to, int modulus, int seed) implements Expression {
    private static final int SOURCE = 1;
    private static final int DESTINATION = 2;
    private static final int LENGTH = 3;
    private static final int MODULUS = 4;
    private static final int SEED = 5;
    private static final int TYPE = 7;
    private static final int JENKINS = 0;

    @Override
    public String name() {
        return "hash";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(SOURCE, Register.number(from))
                .u32BigEndian(DESTINATION, Register.number(to))
                .u32BigEndian(LENGTH, length)
                .u32BigEndian(MODULUS, modulus)
                .u32BigEndian(SEED, seed)
                .u32BigEndian(TYPE, JENKINS);
    }

    static @Nullable Expression read(GivenAttributes in) {
        return in.number(TYPE) != JENKINS
                ? null
                : new HashOf(
                        in.register(SOURCE),
                        in.number(LENGTH),
                        in.register(DESTINATION),
                        in.number(MODULUS),
                        in.number(SEED));
    }

    @Override
    public String toString() {
        return "hash reg " + to + " = jhash(reg " + from + ", " + length + ", " + seed + ") % mod " + modulus;
    }
}
