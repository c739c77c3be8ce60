// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.matrix;

import dev.sluice.conformance.scenario.Flavour;

/** A column of the matrix: the flavours whose results it shows, and the letter that stands for it in a row. */
public enum Column {
    NFT("iptables nft", 'T'),
    LEGACY("iptables legacy", 'T'),
    IPVS("ipvs", 'V'),
    USERSPACE("userspace", 'U'),
    NFTABLES("nftables", 'N'),
    /** Behaviours that any one mode shows for all. */
    ANY("any mode", 'D');

    private final String label;
    private final char letter;

    Column(String label, char letter) {
        this.label = label;
        this.letter = letter;
    }

    public String label() {
        return label;
    }

    char letter() {
        return letter;
    }

    boolean shows(Flavour flavour) {
        return switch (this) {
            case NFT -> flavour == Flavour.IPTABLES;
            case LEGACY -> flavour == Flavour.IPTABLES_LEGACY;
            case IPVS -> flavour == Flavour.IPVS;
            case USERSPACE -> flavour == Flavour.USERSPACE;
            case NFTABLES -> flavour == Flavour.NFTABLES;
            case ANY -> true;
        };
    }
}
