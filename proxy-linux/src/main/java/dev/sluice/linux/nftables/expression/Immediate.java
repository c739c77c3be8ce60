// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.nftables.NftProtocol;
import dev.sluice.linux.nftables.Value;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.linux.nftables.Words;
import org.jspecify.annotations.Nullable;

/** Loads a value, or gives a verdict. */
public record Immediate(int register, Value value) implements Expression {
    private static final int DESTINATION = 1;
    private static final int DATA_VALUE = 2;
    private static final int VERDICT_REGISTER = 0;

    public static Immediate verdict(Verdict verdict) {
        return new Immediate(VERDICT_REGISTER, verdict);
    }

    public static Immediate load(int register, Words value) {
        return new Immediate(register, value);
    }

    @Override
    public String name() {
        return "immediate";
    }

    @Override
    public void writeData(MessageWriter out) {
        int number = value instanceof Verdict ? VERDICT_REGISTER : Register.number(register);
        out.u32BigEndian(DESTINATION, number).nested(NftProtocol.nested(DATA_VALUE), value::write);
    }

    static @Nullable Expression read(GivenAttributes in) {
        int register = in.register(DESTINATION);
        Value value = in.value(DATA_VALUE);
        if (value == null) {
            return null;
        }
        return new Immediate(value instanceof Verdict ? VERDICT_REGISTER : register, value);
    }

    @Override
    public String toString() {
        return value instanceof Verdict ? "immediate " + value : "immediate reg " + register + " " + value;
    }
}
