// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.SetEntry;

/** Looks up elements of IP sets for rules that match them. */
@FunctionalInterface
public interface SetLookup {

    /** For rules without sets. */
    SetLookup NONE = (set, entry) -> {
        throw new IllegalStateException("a rule uses the set " + set.name() + ", but no sets are known");
    };

    /**
     * Whether {@code entry} matches an element of {@code set}. The entry of a {@code hash:ip,port,net} has the net of a
     * single address, which matches every element whose net contains it.
     *
     * @throws IllegalStateException when no such set is known
     */
    boolean contains(IpSet set, SetEntry entry);
}
