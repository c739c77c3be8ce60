package dev.sluice.core.sync;

import java.util.HashSet;
import java.util.Set;

/**
 * What somebody else may have changed of a mode's rules in the kernel.
 *
 * @param everything whether nothing in the kernel is certain any more; {@code chains} is empty then
 */
public record Suspects(boolean everything, Set<Chain> chains) {

    /** A chain of a table of iptables, built-in or not. */
    public record Chain(String table, String name) {}

    public Suspects {
        chains = everything ? Set.of() : Set.copyOf(chains);
    }

    /** All that the mode has in the kernel. */
    public static Suspects all() {
        return new Suspects(true, Set.of());
    }

    public static Suspects of(Set<Chain> chains) {
        return new Suspects(false, chains);
    }

    /** These and those. */
    public Suspects and(Suspects other) {
        Set<Chain> both = new HashSet<>(chains);
        both.addAll(other.chains);
        return new Suspects(everything || other.everything, both);
    }
}
