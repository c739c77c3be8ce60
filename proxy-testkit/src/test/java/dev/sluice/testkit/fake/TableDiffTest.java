// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@link TableDiff} against tables that refuse a wrong order of steps. */
class TableDiffTest {
    private static final String FOREIGN = """
        *nat
        :DOCKER - [0:0]
        :ZED - [0:0]
        -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
        -A PREROUTING -j ZED
        -A DOCKER -i docker0 -j RETURN
        -A ZED -j ACCEPT
        COMMIT
        """;

    private final FakeIptables tools = new FakeIptables(IpFamily.IPV4);

    private static TableRules.Builder basic() {
        return TableRules.of("nat")
                .rule("KUBE-SERVICES", "-d 10.0.0.1/32 -j KUBE-SVC-A")
                .rule("KUBE-SVC-A", "-j KUBE-SEP-A")
                .rule("KUBE-SEP-A", "-j DNAT --to-destination 10.1.0.1:80")
                .chain("KUBE-POST")
                .jump("OUTPUT", "-m comment --comment svc -j KUBE-SERVICES")
                .jump("PREROUTING", "-m comment --comment last -j KUBE-POST")
                .jump("PREROUTING", "-m comment --comment svc -j KUBE-SERVICES")
                .jump("PREROUTING", "-p udp -j KUBE-SVC-A");
    }

    @Test
    void buildsOnAnEmptyHost() throws Exception {
        TableDiff.Outcome outcome = sync(basic().build());

        assertThat(outcome.chainsWritten()).isEqualTo(4);
        assertThat(outcome.rulesWritten()).isEqualTo(3);
        assertThat(outcome.jumpsChanged()).isEqualTo(4);
        assertThat(tools.rules("nat", "PREROUTING"))
                .containsExactly(
                        "-p udp -j KUBE-SVC-A",
                        "-m comment --comment svc -j KUBE-SERVICES",
                        "-m comment --comment last -j KUBE-POST");
    }

    @Test
    void saysNothingWhenNothingDiffers() throws Exception {
        sync(basic().build());

        RestoreScript script = new RestoreScript();
        TableDiff.Outcome outcome = TableDiff.plan(tools.inForce("nat"), basic().build(), this::owned, script);

        assertThat(script.isEmpty()).isTrue();
        assertThat(outcome).isEqualTo(new TableDiff.Outcome(0, 0, 0, 0, java.util.Set.of()));
    }

    @Test
    void writesOnlyTheChainThatChanged() throws Exception {
        sync(basic().build());
        tools.resetCounts();
        sync(basic().rule("KUBE-SEP-A", "-j RETURN").build());

        assertThat(tools.lastInput()).isEqualTo("""
            *nat
            :KUBE-SEP-A - [0:0]
            -A KUBE-SEP-A -j DNAT --to-destination 10.1.0.1:80
            -A KUBE-SEP-A -j RETURN
            COMMIT
            """);
    }

    @Test
    void deletesChainsThatReferToEachOther() throws Exception {
        sync(basic().build());
        sync(TableRules.of("nat")
                .rule("KUBE-SERVICES", "-j RETURN")
                .jump("OUTPUT", "-m comment --comment svc -j KUBE-SERVICES")
                .build());

        assertThat(tools.inForce("nat").chains())
                .containsExactly("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING", "KUBE-SERVICES");
        assertThat(tools.rules("nat", "PREROUTING")).isEmpty();
    }

    @Test
    void cleanUpLeavesTheHostAsItWas() throws Exception {
        tools.byOthers(FOREIGN);
        String before = tools.save("nat");
        sync(basic().build());
        assertThat(tools.rules("nat", "PREROUTING"))
                .containsSubsequence("-m addrtype --dst-type LOCAL -j DOCKER", "-j ZED");
        assertThat(tools.rules("nat", "PREROUTING").get(2)).endsWith("KUBE-POST");

        sync(TableRules.nothing("nat"));

        assertThat(tools.save("nat")).isEqualTo(before);
    }

    @Test
    void aJumpThatSomebodyDeletedComesBackInItsPlace() throws Exception {
        sync(basic().build());
        List<String> before = tools.rules("nat", "PREROUTING");
        for (String spec : before) {
            tools.byOthers("*nat\n-I PREROUTING -j ACCEPT\n-D PREROUTING " + spec + "\nCOMMIT\n");
            sync(basic().build());
            assertThat(tools.rules("nat", "PREROUTING")).containsSubsequence(before);
        }
        assertThat(tools.rules("nat", "PREROUTING")).hasSize(6);
    }

    @Test
    void duplicatesAndOldSpellingsOfJumpsGo() throws Exception {
        sync(basic().build());
        tools.byOthers("""
            *nat
            -I OUTPUT -m comment --comment svc -j KUBE-SERVICES
            -A OUTPUT -m comment --comment "older text" -j KUBE-SERVICES
            -A OUTPUT -j ACCEPT
            -A OUTPUT -j ACCEPT
            COMMIT
            """);
        sync(basic().build());

        assertThat(tools.rules("nat", "OUTPUT"))
                .containsExactly("-m comment --comment svc -j KUBE-SERVICES", "-j ACCEPT", "-j ACCEPT");
    }

    @Test
    void aChainToWhichOthersJumpIsEmptiedAndKept() throws Exception {
        sync(basic().build());
        tools.byOthers("*nat\n:ADMIN - [0:0]\n-A ADMIN -j KUBE-SVC-A\nCOMMIT\n");

        TableDiff.Outcome outcome = sync(TableRules.nothing("nat"));

        assertThat(outcome.held()).containsExactly("KUBE-SVC-A");
        assertThat(tools.rules("nat", "KUBE-SVC-A")).isEmpty();
        assertThat(tools.rules("nat", "ADMIN")).containsExactly("-j KUBE-SVC-A");
        assertThat(tools.inForce("nat").has("KUBE-SERVICES")).isFalse();
        RestoreScript again = new RestoreScript();
        TableDiff.plan(tools.inForce("nat"), TableRules.nothing("nat"), this::owned, again);
        assertThat(again.isEmpty()).isTrue();
    }

    @Test
    void aDesiredChainThatIsNotOwnedIsWrittenButNeverDeleted() throws Exception {
        sync(TableRules.of("nat")
                .rule("SHARED", "-j DROP")
                .jump("OUTPUT", "-j SHARED")
                .build());
        sync(TableRules.nothing("nat"));

        assertThat(tools.rules("nat", "SHARED")).containsExactly("-j DROP");
        assertThat(tools.rules("nat", "OUTPUT")).containsExactly("-j SHARED");
    }

    private TableDiff.Outcome sync(TableRules desired) throws Exception {
        RestoreScript script = new RestoreScript();
        TableDiff.Outcome outcome = TableDiff.plan(tools.inForce("nat"), desired, this::owned, script);
        tools.restore(script.text());
        desired.chains()
                .forEach((chain, rules) ->
                        assertThat(tools.rules("nat", chain)).as(chain).isEqualTo(rules));
        return outcome;
    }

    private boolean owned(String chain) {
        return chain.startsWith("KUBE-");
    }
}
