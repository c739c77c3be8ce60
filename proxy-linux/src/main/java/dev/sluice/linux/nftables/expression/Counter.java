// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;

/** Counts packets and bytes that come this far. */
public record Counter() implements Expression {
    @Override
    public String name() {
        return "counter";
    }

    @Override
    public void writeData(MessageWriter out) {
        // begins at zero
    }

    @Override
    public String toString() {
        return "counter";
    }
}
