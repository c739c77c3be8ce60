// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

/**
 * The masquerading of packets, in modes whose rules do it.
 *
 * @param bit of the packet mark that requests it, 0 to 31
 * @param all whether all traffic to cluster addresses is masqueraded
 */
public record Masquerade(int bit, boolean all) {

    public static Masquerade read(ConfigReader values) {
        return new Masquerade(
                values.range(IptablesSection.MASQUERADE_BIT, 0, 31), values.bool(IptablesSection.MASQUERADE_ALL));
    }

    /** The mark as a number: {@code 1 << bit}. */
    public int mark() {
        return 1 << bit;
    }
}
