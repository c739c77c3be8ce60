// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RestoreScriptTest {
    @Test
    void ordersDeclarationsRulesAndDeletions() {
        RestoreScript script = new RestoreScript()
                .table("nat")
                .deleteChain("OLD")
                .append("A", "-j B")
                .declare("A")
                .declare("A")
                .insert("PREROUTING", 1, "-j A")
                .insert("PREROUTING", 3, "-j B")
                .delete("OUTPUT", "-j OLD")
                .declare("B");

        assertThat(script.text()).isEqualTo("""
                        *nat
                        :OLD - [0:0]
                        :A - [0:0]
                        :B - [0:0]
                        -A A -j B
                        -I PREROUTING -j A
                        -I PREROUTING 3 -j B
                        -D OUTPUT -j OLD
                        -X OLD
                        COMMIT
                        """);
        assertThat(script.lines()).isEqualTo((int) script.text().lines().count());
        assertThat(script.bytes()).isEqualTo(script.text().length());
    }

    @Test
    void tablesCommitInTheOrderInWhichTheyWereNamed() {
        RestoreScript script = new RestoreScript()
                .table("filter")
                .table("nat")
                .declare("N")
                .table("filter")
                .declare("F");

        assertThat(script.text()).isEqualTo("*filter\n:F - [0:0]\nCOMMIT\n*nat\n:N - [0:0]\nCOMMIT\n");
    }

    @Test
    void aTableWithoutChangesLeavesNoTrace() {
        RestoreScript script = new RestoreScript().table("filter").table("nat");

        assertThat(script.isEmpty()).isTrue();
        assertThat(script.text()).isEmpty();
        assertThat(script.lines()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"INPUT", "", "-X", "!A", "two words", "KUBE-SVC-ABCDEFGHIJKLMNOPQRST", "A\nCOMMIT"})
    void refusesToDeclare(String chain) {
        RestoreScript script = new RestoreScript().table("filter");

        assertThatThrownBy(() -> script.declare(chain)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> script.deleteChain(chain)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesASecondLineInARule() {
        assertThatThrownBy(() -> new RestoreScript().table("nat").append("A", "-j B\nCOMMIT"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesRulesBeforeATable() {
        assertThatThrownBy(() -> new RestoreScript().append("A", "-j B")).isInstanceOf(IllegalStateException.class);
    }
}
