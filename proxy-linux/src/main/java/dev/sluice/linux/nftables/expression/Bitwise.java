// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.nftables.NftProtocol;
import dev.sluice.linux.nftables.Words;
import org.jspecify.annotations.Nullable;

/** {@code to = from & mask ^ xor}. */
public record Bitwise(int from, int to, Words mask, Words xor) implements Expression {
    private static final int SOURCE = 1;
    private static final int DESTINATION = 2;
    private static final int LENGTH = 3;
    private static final int MASK = 4;
    private static final int XOR = 5;

    /** Sets bits of the number in {@code register}. */
    public static Bitwise setBits(int register, int bits) {
        return new Bitwise(register, register, Words.number(~bits), Words.number(bits));
    }

    /** Keeps only {@code bits} of the number in {@code register}. */
    public static Bitwise keepBits(int register, int bits) {
        return new Bitwise(register, register, Words.number(bits), Words.number(0));
    }

    /** Inverts {@code bits} of the number in {@code register}. */
    public static Bitwise invertBits(int register, int bits) {
        return new Bitwise(register, register, Words.number(-1), Words.number(bits));
    }

    @Override
    public String name() {
        return "bitwise";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(SOURCE, Register.number(from))
                .u32BigEndian(DESTINATION, Register.number(to))
                .u32BigEndian(LENGTH, mask.length())
                .nested(NftProtocol.nested(MASK), mask::write)
                .nested(NftProtocol.nested(XOR), xor::write);
    }

    static @Nullable Expression read(GivenAttributes in) {
        Words mask = in.words(MASK);
        Words xor = in.words(XOR);
        boolean sameLength = mask.length() == in.number(LENGTH) && xor.length() == mask.length();
        return sameLength ? new Bitwise(in.register(SOURCE), in.register(DESTINATION), mask, xor) : null;
    }

    @Override
    public String toString() {
        return "bitwise reg " + to + " = ( reg " + from + " & " + mask + " ) ^ " + xor;
    }
}
