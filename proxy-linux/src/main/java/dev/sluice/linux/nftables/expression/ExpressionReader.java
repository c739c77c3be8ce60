// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.nftables.Words;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Reads expressions as the kernel gives them. */
final class ExpressionReader {
    private static final int COUNTER_BYTES = 1;
    private static final int COUNTER_PACKETS = 2;

    /** In which expressions attributes hold a value each. */
    private static final int IMMEDIATE_VALUE = 2;

    private static final int COMPARED_VALUE = 3;
    private static final int BITWISE_MASK = 4;
    private static final int BITWISE_XOR = 5;
    private static final int BITWISE_DATA = 7;

    private ExpressionReader() {}

    static Expression read(AttributeReader in, LongConsumer packets) {
        String name = "";
        Words data = Words.of(new byte[0]);
        Expression known = null;
        while (in.next()) {
            if (in.type() == Expression.NAME) {
                name = in.string();
            } else if (in.type() == Expression.DATA) {
                data = Words.of(in.bytes());
                GivenAttributes given = new GivenAttributes(in.nested(), valuesOf(name));
                Expression expression = known(name, given, packets);
                known = given.isExhausted() ? expression : null;
            }
        }
        return known == null ? new UnknownExpression(name, data) : known;
    }

    private static int[] valuesOf(String name) {
        return switch (name) {
            case "immediate" -> new int[] {IMMEDIATE_VALUE};
            case "cmp" -> new int[] {COMPARED_VALUE};
            case "bitwise" -> new int[] {BITWISE_MASK, BITWISE_XOR, BITWISE_DATA};
            default -> new int[0];
        };
    }

    private static @Nullable Expression known(String name, GivenAttributes in, LongConsumer packets) {
        return switch (name) {
            case "bitwise" -> Bitwise.read(in);
            case "cmp" -> Compare.read(in);
            case "counter" -> {
                packets.accept(in.number64(COUNTER_PACKETS));
                in.number64(COUNTER_BYTES);
                yield new Counter();
            }
            case "connlimit" -> ConnectionLimit.read(in);
            case "ct" -> ConnectionField.read(in);
            case "dynset" -> UpdateSet.read(in);
            case "fib" -> FibLookup.read(in);
            case "hash" -> HashOf.read(in);
            case "immediate" -> Immediate.read(in);
            case "lookup" -> Lookup.read(in);
            case "masq" -> MasqueradeSource.read(in);
            case "meta" -> MetaField.read(in);
            case "nat" -> Nat.read(in);
            case "numgen" -> RandomNumber.read(in);
            case "payload" -> in.has(SetAddress.FROM) ? SetAddress.read(in) : PayloadField.read(in);
            case "reject" -> Reject.read(in);
            default -> null;
        };
    }
}
