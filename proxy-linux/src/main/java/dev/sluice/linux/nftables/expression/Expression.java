// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.nftables.NftProtocol;
import java.util.function.LongConsumer;

/** A part of a rule. It prints much as {@code nft --debug=netlink} does. */
public sealed interface Expression
        permits Bitwise,
                Compare,
                Counter,
                ConnectionField,
                ConnectionLimit,
                FibLookup,
                HashOf,
                Immediate,
                Lookup,
                MasqueradeSource,
                MetaField,
                Nat,
                PayloadField,
                RandomNumber,
                Reject,
                SetAddress,
                UnknownExpression,
                UpdateSet {
    int NAME = 1;
    int DATA = 2;

    /** The kernel's name of it, e.g. {@code payload}. */
    String name();

    /** Writes its own attributes. */
    void writeData(MessageWriter out);

    /** Writes it as an element of a rule's list. */
    default void write(MessageWriter out) {
        out.string(NAME, name()).nested(NftProtocol.nested(DATA), this::writeData);
    }

    /**
     * Reads an element of a rule's list.
     *
     * @param packets gets what a counter has counted
     * @return an {@link UnknownExpression} for what the other classes cannot say in full
     */
    static Expression read(AttributeReader in, LongConsumer packets) {
        return ExpressionReader.read(in, packets);
    }
}
