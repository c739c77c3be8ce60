// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.MessageWriter;
import org.jspecify.annotations.Nullable;

/**
 * What is to become of a packet.
 *
 * @param chain that a jump or goto leads to, empty for other verdicts
 */
public record Verdict(Code code, String chain) implements Value {
    static final int VERDICT = 2;
    private static final int CODE = 1;
    private static final int CHAIN = 2;

    /** The kernel's numbers (include/uapi/linux/netfilter.h and nf_tables.h). */
    public enum Code {
        DROP(0),
        ACCEPT(1),
        JUMP(-3),
        GOTO(-4),
        RETURN(-5);

        private final int number;

        Code(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    public static final Verdict ACCEPT = new Verdict(Code.ACCEPT, "");
    public static final Verdict DROP = new Verdict(Code.DROP, "");
    public static final Verdict RETURN = new Verdict(Code.RETURN, "");

    public static Verdict jump(String chain) {
        return new Verdict(Code.JUMP, chain);
    }

    /** Continues in {@code chain} and does not come back to the rule's own. */
    public static Verdict goTo(String chain) {
        return new Verdict(Code.GOTO, chain);
    }

    @Override
    public void write(MessageWriter out) {
        out.nested(NftProtocol.nested(VERDICT), in -> {
            in.u32BigEndian(CODE, code.number());
            if (!chain.isEmpty()) {
                in.string(CHAIN, chain);
            }
        });
    }

    static @Nullable Verdict read(AttributeReader in) {
        int number = 0;
        String chain = "";
        while (in.next()) {
            switch (in.type()) {
                case CODE -> number = (int) in.u32BigEndian();
                case CHAIN -> chain = in.string();
                default -> {
                    // none other exists
                }
            }
        }
        for (Code code : Code.values()) {
            if (code.number() == number) {
                return new Verdict(code, chain);
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return switch (code) {
            case DROP -> "drop";
            case ACCEPT -> "accept";
            case RETURN -> "return";
            case JUMP -> "jump " + chain;
            case GOTO -> "goto " + chain;
        };
    }
}
