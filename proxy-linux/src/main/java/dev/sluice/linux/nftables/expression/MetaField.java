// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Loads a property of the packet, or sets it.
 *
 * @param sets whether the packet gets what is in the register
 */
public record MetaField(Key key, int register, boolean sets) implements Expression {
    private static final int DESTINATION = 1;
    private static final int KEY = 2;
    private static final int SOURCE = 3;

    /** The kernel's numbers (NFT_META_*). */
    public enum Key {
        /** A number in the machine's order. */
        MARK(3),
        /** Of the packet in this host, a number in the machine's order: traffic control reads it. */
        PRIORITY(2),
        /** 16 bytes, zeros behind the name. */
        IIFNAME(6),
        /** One byte. */
        L4PROTO(16);

        private final int number;

        Key(int number) {
            this.number = number;
        }
    }

    public static MetaField load(Key key, int register) {
        return new MetaField(key, register, false);
    }

    public static MetaField set(Key key, int register) {
        return new MetaField(key, register, true);
    }

    @Override
    public String name() {
        return "meta";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(KEY, key.number).u32BigEndian(sets ? SOURCE : DESTINATION, Register.number(register));
    }

    static @Nullable Expression read(GivenAttributes in) {
        int number = in.number(KEY);
        boolean sets = in.has(SOURCE);
        int register = in.register(sets ? SOURCE : DESTINATION);
        return Stream.of(Key.values())
                .filter(key -> key.number == number)
                .map(key -> new MetaField(key, register, sets))
                .findAny()
                .orElse(null);
    }

    @Override
    public String toString() {
        String field = key.name().toLowerCase(Locale.ROOT);
        return sets ? "meta set " + field + " with reg " + register : "meta load " + field + " => reg " + register;
    }
}
