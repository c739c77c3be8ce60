// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import java.util.Set;

/** Names of chains, as the tools accept them. */
public final class ChainName {
    /** The longest name that both variants take, in characters. */
    public static final int MAX_LENGTH = 28;

    private static final Set<String> BUILT_IN = Set.of("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING");

    private ChainName() {}

    /** Whether {@code chain} is one of the kernel's hooks. */
    public static boolean isBuiltIn(String chain) {
        return BUILT_IN.contains(chain);
    }

    /**
     * Returns {@code chain} if it can be the name of a user chain.
     *
     * @throws IllegalArgumentException for a name that iptables refuses, or that of a built-in chain
     */
    public static String checkUser(String chain) {
        boolean letters = chain.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '"');
        if (chain.isEmpty()
                || chain.length() > MAX_LENGTH
                || !letters
                || chain.startsWith("-")
                || chain.startsWith("!")) {
            throw new IllegalArgumentException(
                    "not a chain name: '" + chain + "' (1 to " + MAX_LENGTH + " printable characters)");
        }
        if (isBuiltIn(chain)) {
            throw new IllegalArgumentException(chain + " is built in: its rules belong to others too");
        }
        return chain;
    }
}
