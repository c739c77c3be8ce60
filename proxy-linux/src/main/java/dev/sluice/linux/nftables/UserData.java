// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What user space keeps with an object, as {@code nft} reads it: entries of a type, a length and a value, a byte each
 * for the first two.
 */
final class UserData {
    /** The type of a comment of a table, chain, rule or element; that of a set is another. */
    static final int COMMENT = 0;

    private static final int SET_COMMENT = 7;
    private static final int KEY_BYTE_ORDER = 0;
    private static final int DATA_BYTE_ORDER = 1;
    private static final int HOST_ENDIAN = 1;
    private static final int LONGEST = 127;

    private UserData() {}

    /** One entry with {@code text}, which is cut after 127 bytes. */
    static byte[] comment(int type, String text) {
        byte[] value = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(value.length, LONGEST);
        ByteArrayOutputStream out = new ByteArrayOutputStream(length + 3);
        out.write(type);
        out.write(length + 1);
        out.write(value, 0, length);
        out.write(0);
        return out.toByteArray();
    }

    /**
     * What {@code nft} must know of a set: its comment, and of a single field that it is in the machine's order.
     * Without that it prints the bytes the other way round.
     */
    static byte[] of(NftSet set) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (set.key().equals(List.of(DataType.MARK))) {
            number(out, KEY_BYTE_ORDER, HOST_ENDIAN);
        }
        if (set.data().equals(List.of(DataType.MARK))) {
            number(out, DATA_BYTE_ORDER, HOST_ENDIAN);
        }
        if (!set.comment().isEmpty()) {
            out.writeBytes(comment(SET_COMMENT, set.comment()));
        }
        return out.toByteArray();
    }

    private static void number(ByteArrayOutputStream out, int type, int value) {
        out.write(type);
        out.write(Integer.BYTES);
        out.writeBytes(Words.number(value).bytes());
    }

    /** The comment in {@code data}; empty when there is none, or the data are of somebody else. */
    static String comment(byte[] data, int type) {
        return comment(data, 0, data.length, type);
    }

    /** The same of the bytes from {@code from} to before {@code to}. */
    static String comment(byte[] data, int from, int to, int type) {
        int at = commentAt(data, from, to, type);
        return at == 0 ? "" : new String(data, at, commentLength(data, at), StandardCharsets.UTF_8);
    }

    /** Where the text of the comment begins; 0 when there is none. */
    static int commentAt(byte[] data, int from, int to, int type) {
        int at = from;
        while (at + 2 <= to) {
            int length = data[at + 1] & 0xff;
            if (at + 2 + length > to) {
                return 0;
            }
            if (data[at] == type) {
                return at + 2;
            }
            at += 2 + length;
        }
        return 0;
    }

    /** The bytes of a text, without the zero at its end. */
    static int commentLength(byte[] data, int textAt) {
        int length = data[textAt - 1] & 0xff;
        return length > 0 && data[textAt + length - 1] == 0 ? length - 1 : length;
    }
}
