package dev.sluice.linux.rulewatch;

import dev.sluice.core.net.IpFamily;
import java.util.Set;

/**
 * Another program changed rules, or may have.
 *
 * @param by its name and process id as the kernel tells them, e.g. {@code iptables-nft (pid 4711)}; empty when unknown
 * @param everything whether any chain may have been changed
 * @param chains those that are known to have been changed
 */
public record ForeignEdit(IpFamily family, String by, boolean everything, Set<Chain> chains) {

    /** A chain of a table. */
    public record Chain(String table, String name) {}

    public ForeignEdit {
        chains = Set.copyOf(chains);
    }
}
