// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.nftables.NftProtocol;
import dev.sluice.linux.nftables.Words;

/**
 * An expression of another program's rule.
 *
 * @param data its attributes as the kernel gives them
 */
public record UnknownExpression(String name, Words data) implements Expression {
    @Override
    public void writeData(MessageWriter out) {
        throw new UnsupportedOperationException("the attributes of " + name + " are unknown");
    }

    @Override
    public void write(MessageWriter out) {
        out.string(NAME, name).bytes(NftProtocol.nested(DATA), data.bytes());
    }

    @Override
    public String toString() {
        return name + " " + data;
    }
}
