// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.MessageWriter;
import org.jspecify.annotations.Nullable;

/** What an element of a map gives, or an expression loads: bytes, or a verdict. */
public sealed interface Value permits Words, Verdict {
    /** Writes the attributes inside {@code NFTA_DATA}. */
    void write(MessageWriter out);

    /** Reads the attributes inside {@code NFTA_DATA}; null for a verdict whose code {@link Verdict.Code} lacks. */
    static @Nullable Value read(AttributeReader in) {
        Value value = null;
        while (in.next()) {
            value = in.type() == Verdict.VERDICT ? Verdict.read(in.nested()) : Words.of(in.bytes());
        }
        return value;
    }
}
