// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UpstreamTextTest {
    private static final String BEFORE = save("OLD");
    private static final String AFTER = save("NEW");

    @Test
    void aFirstSyncIsEverythingOfOursInOneInput() {
        assertThat(UpstreamText.of(BEFORE).everything()).isEqualTo("""
                        *filter
                        :KUBE-FORWARD - [0:0]
                        -A KUBE-FORWARD -j ACCEPT
                        COMMIT
                        *nat
                        :KUBE-SERVICES - [0:0]
                        :KUBE-SVC-A - [0:0]
                        :KUBE-SVC-B - [0:0]
                        :KUBE-SEP-OLD - [0:0]
                        :KUBE-SEP-STAYS - [0:0]
                        :KUBE-SEP-OTHER - [0:0]
                        -A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-A
                        -A KUBE-SERVICES -d 10.96.0.2/32 -j KUBE-SVC-B
                        -A KUBE-SVC-A -m statistic -j KUBE-SEP-OLD
                        -A KUBE-SVC-A -j KUBE-SEP-STAYS
                        -A KUBE-SVC-B -j KUBE-SEP-OTHER
                        -A KUBE-SEP-OLD -j DNAT
                        -A KUBE-SEP-STAYS -j DNAT
                        -A KUBE-SEP-OTHER -j DNAT
                        COMMIT
                        """);
    }

    @Test
    void aChangeRewritesTheSharedChainsAndAllChainsOfTheChangedService() {
        assertThat(UpstreamText.of(AFTER).since(UpstreamText.of(BEFORE))).isEqualTo("""
                        *filter
                        :KUBE-FORWARD - [0:0]
                        -A KUBE-FORWARD -j ACCEPT
                        COMMIT
                        *nat
                        :KUBE-SERVICES - [0:0]
                        :KUBE-SVC-A - [0:0]
                        :KUBE-SEP-NEW - [0:0]
                        :KUBE-SEP-STAYS - [0:0]
                        :KUBE-SEP-OLD - [0:0]
                        -A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-A
                        -A KUBE-SERVICES -d 10.96.0.2/32 -j KUBE-SVC-B
                        -A KUBE-SVC-A -m statistic -j KUBE-SEP-NEW
                        -A KUBE-SVC-A -j KUBE-SEP-STAYS
                        -A KUBE-SEP-NEW -j DNAT
                        -A KUBE-SEP-STAYS -j DNAT
                        -X KUBE-SEP-OLD
                        COMMIT
                        """);
    }

    @Test
    void rulesAreComparedWithoutRegardToOrder() {
        String other = BEFORE.replace("""
                -A KUBE-SEP-OTHER -j DNAT
                """, "").replace("COMMIT\n# end", "-A KUBE-SEP-OTHER -j DNAT\nCOMMIT\n# end");
        assertThat(UpstreamText.of(other).rules())
                .isEqualTo(UpstreamText.of(BEFORE).rules());
        assertThat(UpstreamText.of(AFTER).rules())
                .isNotEqualTo(UpstreamText.of(BEFORE).rules());
    }

    private static String save(String endpoint) {
        return """
                *filter
                :INPUT ACCEPT [0:0]
                :KUBE-FORWARD - [0:0]
                -A INPUT -j KUBE-FORWARD
                -A KUBE-FORWARD -j ACCEPT
                COMMIT
                *nat
                :PREROUTING ACCEPT [0:0]
                :FOREIGN - [0:0]
                :KUBE-SERVICES - [0:0]
                :KUBE-SVC-A - [0:0]
                :KUBE-SVC-B - [0:0]
                :KUBE-SEP-%1$s - [0:0]
                :KUBE-SEP-STAYS - [0:0]
                :KUBE-SEP-OTHER - [0:0]
                -A PREROUTING -j KUBE-SERVICES
                -A FOREIGN -j RETURN
                -A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-A
                -A KUBE-SERVICES -d 10.96.0.2/32 -j KUBE-SVC-B
                -A KUBE-SVC-A -m statistic -j KUBE-SEP-%1$s
                -A KUBE-SVC-A -j KUBE-SEP-STAYS
                -A KUBE-SVC-B -j KUBE-SEP-OTHER
                -A KUBE-SEP-OTHER -j DNAT
                -A KUBE-SEP-%1$s -j DNAT
                -A KUBE-SEP-STAYS -j DNAT
                COMMIT
                # end
                """.formatted(endpoint);
    }
}
