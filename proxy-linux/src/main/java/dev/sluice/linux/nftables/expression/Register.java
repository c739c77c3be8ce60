// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

/**
 * The registers of nf_tables by number, 0 to 15, each of 4 bytes. What a rule stores is there for the rest of that rule
 * only.
 */
final class Register {
    /** How many there are. */
    static final int COUNT = 16;

    private static final int FIRST = 8;

    private Register() {}

    /** The kernel's number (NFT_REG32_00 and so on). */
    static int number(int register) {
        if (register < 0 || register >= COUNT) {
            throw new IllegalArgumentException("register " + register + " of " + COUNT);
        }
        return FIRST + register;
    }
}
