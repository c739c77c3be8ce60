// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.nftables.Value;
import dev.sluice.linux.nftables.Words;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The attributes of one expression as the kernel gives them. Each is taken once, and one that is absent is zero. */
final class GivenAttributes {
    private final Map<Integer, byte[]> plain = new HashMap<>();
    private final Map<Integer, Value> values = new HashMap<>();

    /** @param types of the attributes that hold a value each */
    GivenAttributes(AttributeReader in, int... types) {
        while (in.next()) {
            int type = in.type();
            boolean holds = Arrays.stream(types).anyMatch(each -> each == type);
            Value value = holds ? Value.read(in.nested()) : null;
            if (value == null) {
                plain.put(type, in.bytes());
            } else {
                values.put(type, value);
            }
        }
    }

    boolean has(int type) {
        return plain.containsKey(type);
    }

    /** A number of up to 8 bytes, the most significant first. */
    long number64(int type) {
        long number = 0;
        byte[] bytes = plain.remove(type);
        for (int i = 0; bytes != null && i < bytes.length; i++) {
            number = number << Byte.SIZE | bytes[i] & 0xff;
        }
        return number;
    }

    int number(int type) {
        return (int) number64(type);
    }

    /**
     * A register by our numbers. The kernel gives one that begins 16 bytes by its old number, from 1 on.
     *
     * @return -1 for the register of verdicts
     */
    int register(int type) {
        int number = number(type);
        return number < Register.number(0) ? (number - 1) * 4 : number - Register.number(0);
    }

    String string(int type) {
        byte[] bytes = plain.remove(type);
        return bytes == null ? "" : new String(bytes, 0, Math.max(0, bytes.length - 1), StandardCharsets.UTF_8);
    }

    @Nullable
    Value value(int type) {
        return values.remove(type);
    }

    Words words(int type) {
        return values.remove(type) instanceof Words words ? words : Words.of(new byte[0]);
    }

    /** Whether nothing is left that says anything. */
    boolean isExhausted() {
        return values.isEmpty()
                && plain.values().stream()
                        .allMatch(bytes -> ByteBuffer.wrap(bytes).equals(ByteBuffer.allocate(bytes.length)));
    }
}
