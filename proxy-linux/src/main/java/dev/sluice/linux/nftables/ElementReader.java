// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.nftables.expression.ConnectionLimit;
import dev.sluice.linux.nftables.expression.Expression;
import java.nio.ByteOrder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Reads the elements of sets. A table has hundreds of thousands, so this goes over the bytes of a message itself: an
 * {@link AttributeReader} makes two objects for each of the ten attributes that an element has.
 */
final class ElementReader {
    private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final int HEADER = 4;
    private static final int DATA_VALUE = 1;

    private byte[] bytes = new byte[0];
    private @Nullable String fault;

    // of the element that is read, where its attributes begin; 0 for none
    private int key;
    private int end;
    private int value;
    private int left;
    private int userData;
    private int expression;

    /** The elements of one message. */
    PackedElements read(Message message) throws NetlinkException {
        int size = message.payload().limit();
        if (bytes.length < size) {
            bytes = new byte[size];
        }
        message.payload().get(0, bytes, 0, size);
        fault = null;
        PackedElements elements = new PackedElements(size / 2);
        for (int at = NftProtocol.HEADER; more(at, size); at = next(at)) {
            if (type(at) == NftRequests.ELEMENTS) {
                list(at + HEADER, end(at), elements);
            }
        }
        if (fault != null) {
            throw NetlinkException.remarked("read elements of an nf_tables set", Errno.EBADMSG, fault);
        }
        return elements;
    }

    private void list(int from, int to, PackedElements elements) throws NetlinkException {
        for (int at = from; more(at, to); at = next(at)) {
            element(at, elements);
        }
    }

    private void element(int at, PackedElements elements) throws NetlinkException {
        find(at + HEADER, end(at));
        if (key == 0 || fault != null) {
            return;
        }
        if (end != 0 || left != 0 || expression != 0 || !isPlain(key) || value != 0 && !isPlain(value)) {
            special(elements);
        } else {
            plain(elements);
        }
    }

    /** Notes where the attributes are, but for flags, time-out and counters. */
    private void find(int from, int to) {
        key = 0;
        end = 0;
        value = 0;
        left = 0;
        userData = 0;
        expression = 0;
        for (int at = from; more(at, to); at = next(at)) {
            switch (type(at)) {
                case NftRequests.ELEMENT_KEY -> key = at;
                case NftRequests.ELEMENT_KEY_END -> end = at;
                case NftRequests.ELEMENT_DATA -> value = at;
                case NftRequests.ELEMENT_EXPIRATION -> left = at;
                case NftRequests.ELEMENT_USER_DATA -> userData = at;
                case NftRequests.ELEMENT_EXPRESSION -> expression = at;
                default -> {}
            }
        }
    }

    /** Whether the data at {@code data} are bytes, and nothing follows them. */
    private boolean isPlain(int data) {
        int at = data + HEADER;
        return more(at, end(data)) && type(at) == DATA_VALUE && length(at) - HEADER <= PackedElements.LONGEST;
    }

    private void plain(PackedElements elements) {
        int text = userData == 0 ? 0 : UserData.commentAt(bytes, userData + HEADER, end(userData), UserData.COMMENT);
        int keyAt = key + HEADER;
        int valueAt = value + HEADER;
        elements.add(
                bytes,
                keyAt + HEADER,
                length(keyAt) - HEADER,
                value == 0 ? null : bytes,
                valueAt + HEADER,
                value == 0 ? 0 : length(valueAt) - HEADER,
                bytes,
                text,
                text == 0 ? 0 : UserData.commentLength(bytes, text));
    }

    private void special(PackedElements elements) throws NetlinkException {
        Words first = words(key);
        if (first != null) {
            String comment =
                    userData == 0 ? "" : UserData.comment(bytes, userData + HEADER, end(userData), UserData.COMMENT);
            elements.add(new SetElement(
                    first,
                    end == 0 ? null : words(end),
                    value == 0 ? null : value(value),
                    left == 0 ? null : duration(left),
                    comment,
                    expression == 0 ? null : limit(expression)));
        }
    }

    private @Nullable Words words(int data) throws NetlinkException {
        return value(data) instanceof Words words ? words : null;
    }

    private @Nullable Value value(int data) throws NetlinkException {
        int to = end(data);
        int at = data + HEADER;
        if (!more(at, to)) {
            return null;
        }
        if (type(at) == DATA_VALUE) {
            return Words.of(bytes, at + HEADER, end(at) - at - HEADER);
        }
        AttributeReader verdict = AttributeReader.of(bytes, at, to);
        Value read = Value.read(verdict);
        verdict.check("read elements of an nf_tables set");
        return read;
    }

    private @Nullable ConnectionLimit limit(int at) throws NetlinkException {
        AttributeReader expression = AttributeReader.of(bytes, at + HEADER, end(at));
        Expression read = Expression.read(expression, _ -> {});
        expression.check("read elements of an nf_tables set");
        return read instanceof ConnectionLimit counted ? counted : null;
    }

    private @Nullable Duration duration(int at) {
        if (end(at) - at < HEADER + Long.BYTES) {
            fault = "attribute " + type(at) + " is too short for a time";
            return null;
        }
        long millis = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            millis = millis << Byte.SIZE | bytes[at + HEADER + i] & 0xff;
        }
        return Duration.ofMillis(millis);
    }

    /** Whether a whole attribute stands at {@code at}; what cannot be one ends the reading. */
    private boolean more(int at, int to) {
        if (fault != null || to - at < HEADER) {
            return false;
        }
        int length = length(at);
        if (length < HEADER || length > to - at) {
            fault = "attribute at byte " + at + " claims " + length + " of " + (to - at) + " bytes";
            return false;
        }
        return true;
    }

    private int length(int at) {
        return number(at);
    }

    private int type(int at) {
        return number(at + 2) & Netlink.NLA_TYPE_MASK;
    }

    private int number(int at) {
        int first = bytes[at] & 0xff;
        int second = bytes[at + 1] & 0xff;
        return LITTLE ? second << Byte.SIZE | first : first << Byte.SIZE | second;
    }

    private int end(int at) {
        return at + length(at);
    }

    private int next(int at) {
        return at + Netlink.align(length(at));
    }
}
