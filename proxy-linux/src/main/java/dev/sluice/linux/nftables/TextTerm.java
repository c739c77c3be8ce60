// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.nftables.expression.Bitwise;
import dev.sluice.linux.nftables.expression.Compare;
import dev.sluice.linux.nftables.expression.ConnectionField;
import dev.sluice.linux.nftables.expression.FibLookup;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a register holds, as text.
 *
 * @param bits what was last done to it, null for nothing
 */
record TextTerm(String plain, Kind kind, @Nullable Bitwise bits) {
    private static final int NAME_BYTES = 16;
    private static final Map<Integer, String> STATES = Map.of(
            ConnectionField.INVALID, "invalid",
            ConnectionField.ESTABLISHED, "established",
            ConnectionField.RELATED, "related",
            ConnectionField.NEW, "new");

    private static final Map<Integer, String> STATUSES = Map.of(
            ConnectionField.SOURCE_TRANSLATED,
            "snat",
            ConnectionField.DESTINATION_TRANSLATED,
            "dnat",
            ConnectionField.SOURCE_TRANSLATED | ConnectionField.DESTINATION_TRANSLATED,
            "snat,dnat");

    enum Kind {
        IPV4,
        IPV6,
        PROTOCOL,
        PORT,
        NUMBER,
        NAME,
        STATE,
        DIRECTION,
        STATUS,
        ADDRESS_TYPE,
        BYTES
    }

    static TextTerm of(String text, Kind kind) {
        return new TextTerm(text, kind, null);
    }

    TextTerm with(Bitwise operation) {
        return new TextTerm(text(), kind, operation);
    }

    String text() {
        Bitwise operation = bits;
        if (operation == null) {
            return plain;
        }
        boolean inverts = isAll(operation.mask(), 0xff);
        if (isAll(operation.xor(), 0)) {
            return plain + " & " + value(operation.mask());
        }
        if (inverts) {
            return plain + " ^ " + value(operation.xor());
        }
        return isInverse(operation)
                ? plain + " | " + value(operation.xor())
                : plain + " & " + value(operation.mask()) + " ^ " + value(operation.xor());
    }

    private static boolean isAll(Words words, int value) {
        return bytes(words).allMatch(each -> each == value);
    }

    private static Stream<Integer> bytes(Words words) {
        return Stream.iterate(0, i -> i < words.length(), i -> i + 1).map(words::byteAt);
    }

    private static boolean isInverse(Bitwise operation) {
        byte[] bytes = operation.mask().bytes();
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ~bytes[i];
        }
        return Arrays.equals(bytes, operation.xor().bytes());
    }

    String compared(Compare compare) {
        Bitwise operation = bits;
        if (operation != null && isAll(operation.xor(), 0)) {
            boolean zero = isAll(compare.value(), 0);
            if ((kind == Kind.STATE || kind == Kind.STATUS) && zero && !compare.equal()) {
                return plain + " " + value(operation.mask());
            }
            if (kind == Kind.STATUS && compare.equal() && compare.value().equals(operation.mask())) {
                return plain + " " + value(compare.value()) + " / " + value(compare.value());
            }
            if (kind == Kind.IPV4 || kind == Kind.IPV6) {
                int length = bytes(operation.mask()).mapToInt(Integer::bitCount).sum();
                return plain + (compare.equal() ? " " : " != ") + value(compare.value()) + "/" + length;
            }
            return text() + (compare.equal() ? " == " : " != ") + value(compare.value());
        }
        return text() + (compare.equal() ? " " : " != ") + value(compare.value());
    }

    private String value(Words value) {
        return switch (kind) {
            case IPV4, IPV6 -> IpAddress.of(value.bytes()).toString();
            case PROTOCOL -> protocol(value.byteAt(0));
            case PORT -> Integer.toString(value.portAt(0));
            case NAME -> name(value);
            case NUMBER -> String.format("0x%08x", value.numberAt(0));
            case STATE -> STATES.getOrDefault(value.numberAt(0), "0x" + Integer.toHexString(value.numberAt(0)));
            case DIRECTION -> value.byteAt(0) == 0 ? "original" : "reply";
            case STATUS -> STATUSES.getOrDefault(value.numberAt(0), "0x" + Integer.toHexString(value.numberAt(0)));
            case ADDRESS_TYPE -> value.numberAt(0) == FibLookup.LOCAL ? "local" : Integer.toString(value.numberAt(0));
            case BYTES -> "0x" + value;
        };
    }

    private static String protocol(int number) {
        return Stream.of(Protocol.values())
                .filter(protocol -> protocol.number() == number)
                .map(Protocol::lowerCase)
                .findAny()
                .orElse(Integer.toString(number));
    }

    private static String name(Words value) {
        String text = new String(value.bytes(), StandardCharsets.US_ASCII);
        int end = text.indexOf(0);
        return "\"" + (end < 0 ? text : text.substring(0, end)) + (value.length() < NAME_BYTES ? "*" : "") + "\"";
    }
}
