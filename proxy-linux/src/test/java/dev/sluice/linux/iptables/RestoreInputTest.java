// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class RestoreInputTest {

    @Test
    void countsRulesByTableAndChain() {
        String input = """
                *nat
                :A - [0:0]
                :B - [0:0]
                -A A -j B
                -A A -j RETURN
                -I PREROUTING 1 -j A
                -X C
                COMMIT
                # a remark
                *filter
                :A - [0:0]
                -D INPUT -j A
                COMMIT
                *nat
                -A A -j C
                COMMIT
                """;
        assertThat(RestoreInput.parse(input).tables())
                .isEqualTo(Map.of(
                        "nat", Map.of("A", 3, "B", 0, "PREROUTING", 1, "C", 0), "filter", Map.of("A", 0, "INPUT", 1)));
    }

    @Test
    void readsWhatHasNoEnd() {
        assertThat(RestoreInput.parse("").tables()).isEmpty();
        assertThat(RestoreInput.parse("*nat\n-A A").tables()).isEqualTo(Map.of("nat", Map.of("A", 1)));
    }
}
