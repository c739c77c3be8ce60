// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.nftables.NftProtocol;
import dev.sluice.linux.nftables.Words;
import org.jspecify.annotations.Nullable;

/** Goes on when {@code register} is, or is not, {@code value}. */
public record Compare(int register, boolean equal, Words value) implements Expression {
    private static final int SOURCE = 1;
    private static final int OPERATION = 2;
    private static final int DATA_VALUE = 3;

    public static Compare equal(int register, Words value) {
        return new Compare(register, true, value);
    }

    public static Compare different(int register, Words value) {
        return new Compare(register, false, value);
    }

    @Override
    public String name() {
        return "cmp";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(SOURCE, Register.number(register))
                .u32BigEndian(OPERATION, equal ? 0 : 1)
                .nested(NftProtocol.nested(DATA_VALUE), value::write);
    }

    static @Nullable Expression read(GivenAttributes in) {
        int operation = in.number(OPERATION);
        return operation > 1 ? null : new Compare(in.register(SOURCE), operation == 0, in.words(DATA_VALUE));
    }

    @Override
    public String toString() {
        return "cmp " + (equal ? "eq" : "neq") + " reg " + register + " " + value;
    }
}
