// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.netlink.MessageWriter;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Loads a property of the packet's connection. */
public record ConnectionField(Key key, int register) implements Expression {
    private static final int DESTINATION = 1;
    private static final int KEY = 2;
    private static final int DIRECTION = 3;
    private static final int REPLY = 1;

    /** Bit of {@link Key#STATE}: the connection is invalid, established, related, new. */
    public static final int INVALID = 1;

    public static final int ESTABLISHED = 2;
    public static final int RELATED = 4;
    public static final int NEW = 8;

    /** Bit of {@link Key#STATUS}: a packet has passed. */
    public static final int CONFIRMED = 8;

    /** Bit of {@link Key#STATUS}: its source was translated. */
    public static final int SOURCE_TRANSLATED = 0x10;

    /** Bit of {@link Key#STATUS}: its destination was translated. */
    public static final int DESTINATION_TRANSLATED = 0x20;

    /** The kernel's numbers (NFT_CT_*). */
    public enum Key {
        STATE(0),
        /** One byte: 0 for a packet from who opened the connection, 1 for an answer. */
        DIRECTION(1, 1),
        STATUS(2),
        /** The source of who opened it (since Linux 4.17), untranslated. */
        ORIGINAL_SOURCE_IPV4(19, 4, 0),
        /** Where answers go to (since Linux 4.17), untranslated: an address of this host after masquerading. */
        REPLY_DESTINATION_IPV4(20, 4, REPLY),
        ORIGINAL_SOURCE_IPV6(21, 16, 0),
        REPLY_DESTINATION_IPV6(22, 16, REPLY);

        private final int number;
        private final int length;
        /** -1 for a property of both. */
        private final int direction;

        Key(int number) {
            this(number, Integer.BYTES);
        }

        Key(int number, int length) {
            this(number, length, -1);
        }

        Key(int number, int length, int direction) {
            this.number = number;
            this.length = length;
            this.direction = direction;
        }

        /** In bytes. */
        public int length() {
            return length;
        }

        /** Whether it is an address. */
        public boolean isAddress() {
            return direction >= 0;
        }
    }

    /** The address of who opened the connection. */
    public static ConnectionField originalSource(IpFamily family, int register) {
        Key key = family == IpFamily.IPV4 ? Key.ORIGINAL_SOURCE_IPV4 : Key.ORIGINAL_SOURCE_IPV6;
        return new ConnectionField(key, register);
    }

    /** The address that answers are sent to. */
    public static ConnectionField replyDestination(IpFamily family, int register) {
        Key key = family == IpFamily.IPV4 ? Key.REPLY_DESTINATION_IPV4 : Key.REPLY_DESTINATION_IPV6;
        return new ConnectionField(key, register);
    }

    @Override
    public String name() {
        return "ct";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(DESTINATION, Register.number(register)).u32BigEndian(KEY, key.number);
        if (key.isAddress()) {
            out.u8(DIRECTION, key.direction);
        }
    }

    static @Nullable Expression read(GivenAttributes in) {
        int number = in.number(KEY);
        int register = in.register(DESTINATION);
        int direction = in.number(DIRECTION);
        return Stream.of(Key.values())
                .filter(key -> key.number == number && (key.isAddress() ? key.direction : 0) == direction)
                .map(key -> new ConnectionField(key, register))
                .findAny()
                .orElse(null);
    }

    @Override
    public String toString() {
        return "ct load " + key.name().toLowerCase(Locale.ROOT) + " => reg " + register;
    }
}
