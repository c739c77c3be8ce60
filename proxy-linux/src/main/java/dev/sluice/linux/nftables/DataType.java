// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpFamily;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The type of a field of a key, or of data. The kernel only keeps the numbers, for {@code nft} to print by; they are
 * those of nftables' own library.
 */
public enum DataType {
    IPV4_ADDR(7, 4),
    IPV6_ADDR(8, 16),
    INET_PROTO(12, 1),
    INET_SERVICE(13, 2),
    /** A number of 4 bytes in the machine's order. */
    MARK(19, 4);

    private static final int BITS_OF_A_TYPE = 6;
    private static final int REGISTER = 4;

    private final int number;
    private final int bytes;

    DataType(int number, int bytes) {
        this.number = number;
        this.bytes = bytes;
    }

    /** The type of addresses of {@code family}. */
    public static DataType address(IpFamily family) {
        return family == IpFamily.IPV4 ? IPV4_ADDR : IPV6_ADDR;
    }

    /** The length in bytes, without padding. */
    public int bytes() {
        return bytes;
    }

    /** The bytes that it takes in registers. */
    public int padded() {
        return bytes + REGISTER - 1 & -REGISTER;
    }

    /** The fields of a concatenation by its number; empty when any is of an unknown type. */
    static List<DataType> fields(int number) {
        Deque<DataType> fields = new ArrayDeque<>();
        for (int left = number; left != 0; left >>>= BITS_OF_A_TYPE) {
            int type = left & (1 << BITS_OF_A_TYPE) - 1;
            Optional<DataType> field =
                    Stream.of(values()).filter(each -> each.number == type).findAny();
            if (field.isEmpty()) {
                return List.of();
            }
            fields.addFirst(field.get());
        }
        return List.copyOf(fields);
    }

    /** The number of a concatenation of {@code fields}. */
    static int number(List<DataType> fields) {
        int number = 0;
        for (DataType field : fields) {
            number = number << BITS_OF_A_TYPE | field.number;
        }
        return number;
    }

    /** The length of a key or of data of {@code fields}: one field is not padded, several are. */
    public static int length(List<DataType> fields) {
        return fields.size() == 1
                ? fields.getFirst().bytes
                : fields.stream().mapToInt(DataType::padded).sum();
    }
}
