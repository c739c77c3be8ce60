package dev.sluice.linux.rules;

import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.SetEntry;

/** Answers what rules ask of IP sets. */
@FunctionalInterface
public interface SetLookup {

    /** For rules that ask no set. */
    SetLookup NONE = (set, entry) -> {
        throw new IllegalStateException("a rule asks for the set " + set.name() + ", but no sets are known");
    };

    /**
     * Whether {@code entry} matches an element of {@code set}. Of a {@code hash:ip,port,net} it is asked with a single
     * address as its net, which matches every element whose net contains it.
     *
     * @throws IllegalStateException when no such set is known
     */
    boolean contains(IpSet set, SetEntry entry);
}
