// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.leftovers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.testkit.fake.FakeIptables;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChainRemovalTest {
    private final FakeIptables iptables = new FakeIptables(IpFamily.IPV4);

    @Test
    void whatOnlyTheOtherModeHasGoesAndNothingElse() throws Exception {
        iptables.restore("""
            *nat
            :OURS - [0:0]
            :SHARED - [0:0]
            :THEIRS - [0:0]
            :THEIRS-TOO - [0:0]
            :FOREIGN - [0:0]
            -A PREROUTING -j SHARED
            -A PREROUTING -j THEIRS
            -A PREROUTING -j FOREIGN
            -A SHARED -j OURS
            -A THEIRS -j THEIRS-TOO
            -A THEIRS-TOO -j ACCEPT
            COMMIT
            """);
        int chains = ChainRemoval.remove(
                iptables, this::chains, chain -> chain.name().startsWith("THEIRS"), (chain, rule) -> false);
        assertThat(chains).isEqualTo(2);
        assertThat(iptables.save("nat"))
                .contains(":OURS", ":SHARED", ":FOREIGN", "-A PREROUTING -j SHARED", "-A PREROUTING -j FOREIGN")
                .contains("-A SHARED -j OURS")
                .doesNotContain("THEIRS");
        assertThat(ChainRemoval.remove(iptables, this::chains, chain -> false, (chain, rule) -> false))
                .isZero();
    }

    /** Such a jump has the condition or the comment of its mode. */
    @Test
    void jumpsToAChainThatStaysAreDeletedByTheirText() throws Exception {
        iptables.restore("""
            *filter
            :SHARED - [0:0]
            :THEIRS - [0:0]
            -A INPUT -m comment --comment "their firewall" -j SHARED
            -A INPUT -m comment --comment "our firewall" -j SHARED
            -A INPUT -m comment --comment "their firewall" -j SHARED
            -A FORWARD -m comment --comment "their firewall" -j SHARED
            -A FORWARD -m comment --comment "their firewall" -j THEIRS
            COMMIT
            """);
        ChainRemoval.remove(
                iptables,
                this::chains,
                chain -> chain.name().equals("THEIRS"),
                (chain, rule) ->
                        !chain.equals(new KernelObject("filter", "OUTPUT")) && rule.contains("their firewall"));
        assertThat(iptables.save("filter"))
                .contains("-A INPUT -m comment --comment \"our firewall\" -j SHARED", ":SHARED")
                .doesNotContain("their firewall", "THEIRS");
    }

    private List<String> chains(String table) throws KernelException {
        return List.copyOf(SavedTable.parse(table, iptables.save(table)).chains());
    }
}
