// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import java.util.Locale;

/** Loads a property of the packet's connection. */
public record ConnectionField(Key key, int register) implements Expression {
    private static final int DESTINATION = 1;
    private static final int KEY = 2;

    /** Bit of {@link Key#STATE}: the connection is invalid, established, related, new. */
    public static final int INVALID = 1;

    public static final int ESTABLISHED = 2;
    public static final int RELATED = 4;
    public static final int NEW = 8;

    /** Bit of {@link Key#STATUS}: its destination was translated. */
    public static final int DESTINATION_TRANSLATED = 0x20;

    /** The kernel's numbers (NFT_CT_*). */
    public enum Key {
        STATE(0),
        STATUS(2);

        private final int number;

        Key(int number) {
            this.number = number;
        }
    }

    @Override
    public String name() {
        return "ct";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(DESTINATION, Register.number(register)).u32BigEndian(KEY, key.number);
    }

    @Override
    public String toString() {
        return "ct load " + key.name().toLowerCase(Locale.ROOT) + " => reg " + register;
    }
}
