// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import org.jspecify.annotations.Nullable;

/**
 * A chain of a table.
 *
 * @param hook where packets come from; null for a chain that only others lead to
 * @param comment that {@code nft} prints, empty for none
 */
public record NftChain(String name, @Nullable BaseHook hook, String comment) {

    public static NftChain regular(String name) {
        return new NftChain(name, null, "");
    }

    /**
     * @param type {@code filter} or {@code nat}
     * @param priority among the chains of this hook; lower ones run first
     */
    public record BaseHook(String type, Hook hook, int priority) {}

    /** The hooks of netfilter, with the kernel's numbers. */
    public enum Hook {
        PREROUTING(0),
        INPUT(1),
        FORWARD(2),
        OUTPUT(3),
        POSTROUTING(4);

        private final int number;

        Hook(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }

        static Hook of(int number) {
            return values()[Math.clamp(number, 0, values().length - 1)];
        }
    }
}
