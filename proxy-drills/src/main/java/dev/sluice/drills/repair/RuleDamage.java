// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.repair;

import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.OwnedRules;
import java.util.List;
import java.util.Random;

/** Damages the rules of iptables mode. */
final class RuleDamage implements Damage {
    private final LabHost host;
    private final OwnedRules wanted;
    private final Vandal vandal;

    /** @param nft whether the host's iptables is the nft variant */
    RuleDamage(LabHost host, Random random, boolean nft) {
        this.host = host;
        this.wanted = OwnedRules.of(host);
        this.vandal = new Vandal(host, random, nft);
    }

    @Override
    public int size() {
        return wanted.chains().values().stream().mapToInt(List::size).sum();
    }

    @Override
    public String strike() {
        return vandal.strike(wanted);
    }

    @Override
    public String difference() {
        OwnedRules found = OwnedRules.of(host);
        return found.equals(wanted) ? "" : wanted.difference(found);
    }
}
