// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import static dev.sluice.linux.rules.RuleBuilder.rule;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.linux.iptables.TableRules;
import java.util.List;
import org.junit.jupiter.api.Test;

class RuleTableTest {
    private final RuleTable table = RuleTable.of("nat")
            .chain("SERVICES")
            .chain("MARKS", rule().drop())
            .chain("MARKS", rule().accept())
            .jump("OUTPUT", rule().jump("SERVICES"))
            .jump("OUTPUT", rule().jump("MARKS"))
            .build();

    @Test
    void hasChainsAndJumps() {
        assertThat(table.chains()).containsExactly("SERVICES", "MARKS");
        assertThat(table.rules("SERVICES")).contains(List.of());
        assertThat(table.rules("MARKS")).contains(List.of(rule().drop(), rule().accept()));
        assertThat(table.rules("ELSEWHERE")).isEmpty();
        assertThat(table.rules("OUTPUT"))
                .as("the last jump is on top")
                .contains(List.of(rule().jump("MARKS"), rule().jump("SERVICES")));
        assertThat(table.rules("INPUT")).contains(List.of());
    }

    @Test
    void printsAsATable() {
        assertThat(table.text().text()).isEqualTo("""
            *nat
            :MARKS - [0:0]
            :SERVICES - [0:0]
            -A OUTPUT -j MARKS
            -A OUTPUT -j SERVICES
            -A MARKS -j DROP
            -A MARKS -j ACCEPT
            COMMIT
            """);
    }

    @Test
    void joinsRulesThatAreKnownAsText() {
        TableRules joined = table.addTo(TableRules.of("nat").chain("OTHERS", List.of("-j RETURN")))
                .build();

        assertThat(joined.chains()).containsOnlyKeys("OTHERS", "SERVICES", "MARKS");
        assertThat(joined.jumps()).hasSize(2);
    }

    @Test
    void exchangesTheRulesOfAChain() {
        RuleTable changed = table.with("SERVICES", List.of(rule().leave()));

        assertThat(changed.rules("SERVICES")).contains(List.of(rule().leave()));
        assertThat(changed.chains()).containsExactly("SERVICES", "MARKS");
        assertThat(table.rules("SERVICES")).contains(List.of());
        assertThatIllegalArgumentException().isThrownBy(() -> table.with("ELSEWHERE", List.of()));
    }

    @Test
    void refusesBuiltInChainsAsItsOwn() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RuleTable.of("nat").chain("OUTPUT"));
    }
}
