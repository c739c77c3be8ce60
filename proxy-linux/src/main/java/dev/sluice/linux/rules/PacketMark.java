// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

/**
 * One bit of a packet's firewall mark.
 *
 * @param bit 0 to 31
 */
public record PacketMark(int bit) {

    public PacketMark {
        if (bit < 0 || bit > 31) {
            throw new IllegalArgumentException("mark bit " + bit + " (want 0 to 31)");
        }
    }

    /** The mark with this bit alone. */
    int value() {
        return 1 << bit;
    }
}
