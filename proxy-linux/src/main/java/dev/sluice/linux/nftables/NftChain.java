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

    /** The hooks of netfilter, in the kernel's order. */
    public enum Hook {
        PREROUTING,
        INPUT,
        FORWARD,
        OUTPUT,
        POSTROUTING
    }
}
