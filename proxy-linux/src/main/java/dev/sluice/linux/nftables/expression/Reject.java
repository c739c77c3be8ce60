// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.netlink.MessageWriter;
import org.jspecify.annotations.Nullable;

/** Answers that the port is unreachable, and drops the packet. */
public record Reject(IpFamily family) implements Expression {
    private static final int TYPE = 1;
    private static final int CODE = 2;
    private static final int UNREACHABLE = 0;
    private static final int PORT_OF_ICMP = 3;
    private static final int PORT_OF_ICMP6 = 4;

    @Override
    public String name() {
        return "reject";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.u32BigEndian(TYPE, UNREACHABLE).u8(CODE, family == IpFamily.IPV4 ? PORT_OF_ICMP : PORT_OF_ICMP6);
    }

    static @Nullable Expression read(GivenAttributes in) {
        int code = in.number(CODE);
        if (in.number(TYPE) != UNREACHABLE || code != PORT_OF_ICMP && code != PORT_OF_ICMP6) {
            return null;
        }
        return new Reject(code == PORT_OF_ICMP ? IpFamily.IPV4 : IpFamily.IPV6);
    }

    @Override
    public String toString() {
        return "reject";
    }
}
