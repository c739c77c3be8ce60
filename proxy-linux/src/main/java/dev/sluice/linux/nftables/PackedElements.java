// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The elements of a set as bytes, one behind the other, and found by their keys: hundreds of thousands of them are
 * compared with what is desired, and nearly all are equal, so that no object is made of any.
 *
 * <pre>
 * length of the key, of the value, of the comment (a byte each), kind and whether it was met; key, value, comment
 * </pre>
 *
 * <p>What has more than these (the end of a range, a verdict, a time-out, a limit) is kept as a {@link SetElement},
 * whose number stands in place of the value.
 */
public final class PackedElements {
    /** No element. */
    public static final int NONE = -1;

    /** Of a key, a value, and a comment. */
    static final int LONGEST = 0xff;

    private static final int HEADER = 4;
    private static final int KIND = 3;
    private static final int WITH_VALUE = 1;
    private static final int SPECIAL = 2;
    private static final int MET = 4;

    private final List<SetElement> special = new ArrayList<>();
    private byte[] bytes;
    private int end;
    private int size;

    /**
     * Places in {@code bytes} by the hash of the key, each one more than it is; 0 for none. Empty until it is needed.
     */
    private int[] places = {};

    PackedElements(int bytes) {
        this.bytes = new byte[bytes];
    }

    public static PackedElements of(Collection<SetElement> elements) {
        PackedElements packed = new PackedElements(64);
        elements.forEach(packed::add);
        return packed;
    }

    /** Those of all {@code parts}. */
    static PackedElements join(List<PackedElements> parts) {
        int length = 0;
        for (PackedElements part : parts) {
            length += part.end;
        }
        PackedElements all = new PackedElements(length);
        for (PackedElements part : parts) {
            all.addAll(part);
        }
        return all;
    }

    private void addAll(PackedElements part) {
        if (!part.special.isEmpty()) {
            for (int at = 0; at < part.end; at = part.next(at)) {
                add(part.element(at));
            }
            return;
        }
        room(part.end);
        System.arraycopy(part.bytes, 0, bytes, end, part.end);
        end += part.end;
        size += part.size;
    }

    void add(SetElement element) {
        byte[] comment = element.comment().getBytes(StandardCharsets.UTF_8);
        byte[] key = element.key().bytes();
        boolean isPlain = element.end() == null && element.timeout() == null && element.limit() == null;
        if (isPlain && element.value() == null) {
            add(key, 0, key.length, null, 0, 0, comment, 0, comment.length);
        } else if (isPlain && element.value() instanceof Words words) {
            byte[] value = words.bytes();
            add(key, 0, key.length, value, 0, value.length, comment, 0, comment.length);
        } else {
            begin(key, 0, key.length, Integer.BYTES, 0, SPECIAL);
            int number = special.size();
            for (int i = 0; i < Integer.BYTES; i++) {
                bytes[end++] = (byte) (number >>> i * Byte.SIZE);
            }
            special.add(element);
        }
    }

    /** Adds an element that has a key, perhaps a value, and a comment; each from a place on and of a length. */
    void add(
            byte[] key,
            int keyAt,
            int keyLength,
            byte @Nullable [] value,
            int valueAt,
            int valueLength,
            byte[] comment,
            int commentAt,
            int commentLength) {
        begin(key, keyAt, keyLength, valueLength, commentLength, value == null ? 0 : WITH_VALUE);
        if (value != null) {
            System.arraycopy(value, valueAt, bytes, end, valueLength);
            end += valueLength;
        }
        System.arraycopy(comment, commentAt, bytes, end, commentLength);
        end += commentLength;
    }

    private void begin(byte[] key, int keyAt, int keyLength, int valueLength, int commentLength, int kind) {
        if ((keyLength | valueLength | commentLength) > LONGEST) {
            throw new IllegalArgumentException("an element of " + keyLength + ", " + valueLength + " and "
                    + commentLength + " bytes is more than the kernel keeps");
        }
        room(HEADER + keyLength + valueLength + commentLength);
        bytes[end] = (byte) keyLength;
        bytes[end + 1] = (byte) valueLength;
        bytes[end + 2] = (byte) commentLength;
        bytes[end + KIND] = (byte) kind;
        end += HEADER;
        System.arraycopy(key, keyAt, bytes, end, keyLength);
        end += keyLength;
        size++;
    }

    private void room(int more) {
        if (end + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end + more, bytes.length + (bytes.length >> 1)));
        }
    }

    public int size() {
        return size;
    }

    /** The place of the element that has the key in {@code key}; {@link #NONE} when there is none. */
    public int find(Words.Builder key) {
        return find(key.bytes, key.size);
    }

    /** The place of the element that has {@code key}; {@link #NONE} when there is none. */
    public int find(Words key) {
        return find(key.bytes, key.length());
    }

    private int find(byte[] key, int length) {
        if (size == 0) {
            return NONE;
        }
        if (places.length == 0) {
            index();
        }
        int mask = places.length - 1;
        int slot = Words.hash(key, 0, length) & mask;
        while (places[slot] != 0) {
            int at = places[slot] - 1;
            if (hasKey(at, key, 0, length)) {
                return at;
            }
            slot = slot + 1 & mask;
        }
        return NONE;
    }

    private boolean hasKey(int at, byte[] key, int from, int length) {
        return keyLength(at) == length && isSame(at + HEADER, key, from, length);
    }

    /** Whether there are {@code length} bytes of {@code other}; most are few, and the first compiler calls for more. */
    private boolean isSame(int at, byte[] other, int from, int length) {
        for (int i = 0; i < length; i++) {
            if (bytes[at + i] != other[from + i]) {
                return false;
            }
        }
        return true;
    }

    /** At most half of the places are taken. Of two elements with the same key, the first one is found. */
    private void index() {
        places = new int[Integer.highestOneBit(Math.max(size, 4)) * 4];
        int mask = places.length - 1;
        for (int at = 0; at < end; at = next(at)) {
            index(at, mask);
        }
    }

    private void index(int at, int mask) {
        int slot = Words.hash(bytes, at + HEADER, at + HEADER + keyLength(at)) & mask;
        while (places[slot] != 0 && !hasKey(places[slot] - 1, bytes, at + HEADER, keyLength(at))) {
            slot = slot + 1 & mask;
        }
        if (places[slot] == 0) {
            places[slot] = at + 1;
        }
    }

    /** Whether the element at {@code place} has that value, and that comment in UTF-8, and nothing else. */
    public boolean is(int place, Words.@Nullable Builder value, byte[] comment) {
        int kind = bytes[place + KIND] & (WITH_VALUE | SPECIAL);
        int at = place + HEADER + keyLength(place);
        int length = valueLength(place);
        return (value == null
                        ? kind == 0
                        : kind == WITH_VALUE && length == value.size && isSame(at, value.bytes, 0, length))
                && commentLength(place) == comment.length
                && isSame(at + length, comment, 0, comment.length);
    }

    /** Notes that the element at {@code place} was met, and returns whether it is the first time. */
    public boolean meet(int place) {
        boolean first = (bytes[place + KIND] & MET) == 0;
        bytes[place + KIND] |= MET;
        return first;
    }

    /** The element at {@code place}. */
    public SetElement element(int place) {
        int at = place + HEADER + keyLength(place);
        int kind = bytes[place + KIND];
        if ((kind & SPECIAL) != 0) {
            return special.get(bytes[at] & 0xff
                    | (bytes[at + 1] & 0xff) << 8
                    | (bytes[at + 2] & 0xff) << 16
                    | (bytes[at + 3] & 0xff) << 24);
        }
        Words key = Words.of(bytes, place + HEADER, keyLength(place));
        Words value = (kind & WITH_VALUE) == 0 ? null : Words.of(bytes, at, valueLength(place));
        at += valueLength(place);
        return new SetElement(key, null, value, null, text(at, commentLength(place)));
    }

    private String text(int at, int length) {
        return length == 0 ? "" : new String(bytes, at, length, StandardCharsets.UTF_8);
    }

    /** All elements, as the kernel has listed them. */
    public void forEach(Consumer<SetElement> action) {
        for (int at = 0; at < end; at = next(at)) {
            action.accept(element(at));
        }
    }

    /** The elements that were not {@linkplain #meet met}. */
    public void forEachUnmet(Consumer<SetElement> action) {
        for (int at = 0; at < end; at = next(at)) {
            if ((bytes[at + KIND] & MET) == 0) {
                action.accept(element(at));
            }
        }
    }

    public List<SetElement> toList() {
        List<SetElement> all = new ArrayList<>(size);
        forEach(all::add);
        return all;
    }

    private int keyLength(int place) {
        return bytes[place] & 0xff;
    }

    private int valueLength(int place) {
        return bytes[place + 1] & 0xff;
    }

    private int commentLength(int place) {
        return bytes[place + 2] & 0xff;
    }

    private int next(int place) {
        return place + HEADER + keyLength(place) + valueLength(place) + commentLength(place);
    }
}
