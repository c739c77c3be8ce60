// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.SyncException;
import dev.sluice.linux.nfacct.NamedCounters;
import dev.sluice.testkit.fake.FakeCounters;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two rules count packets where the kernel supports it. */
class RuleCountersTest {
    private static final String PLAIN_DROP = "-m conntrack --ctstate INVALID -j DROP";
    private static final String COUNTED_DROP =
            "-m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP";
    private static final String PLAIN_JUMP =
            "-p tcp -m comment --comment \"shop/web:http\" -m tcp --dport 30080 -j KUBE-EXT-67NZLRHBNDSAWJRO";
    private static final String COUNTED_JUMP =
            "-d 127.0.0.0/8 -p tcp -m comment --comment \"shop/web:http\" -m tcp --dport 30080"
                    + " -m nfacct --nfacct-name  localhost_nps_accepted_pkts -j KUBE-EXT-67NZLRHBNDSAWJRO";

    private final Node node = Node.v4();

    @Test
    void createsTheCountersAndNamesThemInRules() throws Exception {
        node.counters.supportedAgain();
        web();
        node.fullSync();
        assertThat(node.counters.list())
                .extracting(NamedCounters.Count::name)
                .containsExactly("ct_state_invalid_dropped_pkts", "localhost_nps_accepted_pkts");
        assertThat(node.tools.rules("filter", "KUBE-FORWARD")).first().isEqualTo(COUNTED_DROP);
        assertThat(node.tools.rules("nat", "KUBE-NODEPORTS"))
                .as("above the rule that would match the packet as well")
                .containsExactly(COUNTED_JUMP, PLAIN_JUMP);
        assertThat(node.tools.inputs())
                .as("the rules themselves are the trial")
                .noneMatch(input -> input.contains("SLUICE-TRIAL"));
    }

    @Test
    void areTriedOutWhenAnythingIsRefused() throws Exception {
        node.counters.supportedAgain();
        node.tools.refuse(rule -> rule.contains("10.96.0.50/32"));
        web();
        assertThat(node.fullSync().problems()).hasSize(1);
        assertThat(node.tools.inputs())
                .filteredOn(input -> input.contains("SLUICE-TRIAL"))
                .hasSize(2);
        assertThat(node.tools.rules("filter", "KUBE-FORWARD")).first().isEqualTo(COUNTED_DROP);
        assertThat(node.tools.inForce("filter").has("SLUICE-TRIAL")).isFalse();
    }

    @Test
    void countsANodePortAddedLater() throws Exception {
        node.counters.supportedAgain();
        node.fullSync();
        web();
        node.sync();
        assertThat(node.tools.rules("nat", "KUBE-NODEPORTS")).containsExactly(COUNTED_JUMP, PLAIN_JUMP);
    }

    @Test
    void aRestartKeepsRulesAndCounts() throws Exception {
        node.counters.supportedAgain();
        web();
        node.fullSync();
        node.counters.count("localhost_nps_accepted_pkts", 7);
        node.restart();
        assertThat(node.fullSync().cost()).isEqualTo(KernelCost.NONE);
        assertThat(node.counters.read("localhost_nps_accepted_pkts"))
                .hasValueSatisfying(count -> assertThat(count.packets()).isEqualTo(7));
    }

    @Test
    void rulesCountNothingWithoutCounters() throws Exception {
        expectPlainRules();
    }

    @Test
    void rulesOmitACounterThatCannotBeCreated() throws Exception {
        node.counters.supportedAgain().full();
        expectPlainRules();
    }

    @Test
    void aToolThatRefusesTheMatchAppliesAllElse() throws Exception {
        node.counters.supportedAgain();
        node.tools.withCounters(new FakeCounters());
        expectPlainRules();
    }

    @Test
    void countersThatAppearLaterAreUsedFromTheNextFullSync() throws Exception {
        expectPlainRules();
        node.counters.supportedAgain();
        node.fullSync();
        assertThat(node.tools.rules("nat", "KUBE-NODEPORTS")).containsExactly(COUNTED_JUMP, PLAIN_JUMP);
        assertThat(node.tools.rules("filter", "KUBE-FORWARD")).first().isEqualTo(COUNTED_DROP);
    }

    @Test
    void cleanUpDeletesTheCounters() throws Exception {
        node.counters.supportedAgain();
        web();
        node.fullSync();
        node.backend().cleanUp();
        assertThat(node.counters.list()).isEmpty();
    }

    private void expectPlainRules() throws SyncException {
        web();
        node.fullSync();
        assertThat(node.tools.rules("filter", "KUBE-FORWARD")).first().isEqualTo(PLAIN_DROP);
        assertThat(node.tools.rules("nat", "KUBE-NODEPORTS")).isEqualTo(List.of(PLAIN_JUMP));
    }

    private void web() {
        node.snapshot.put(Endpoints.resolved(
                ServicePorts.tcp("shop/web:http", "10.96.0.50", 80)
                        .nodePort(30080)
                        .build(),
                Endpoints.local("10.244.1.2", 8080)));
    }
}
