// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KindTest {
    @Test
    void eachKindIsFoundByTheNameOfItsChain() {
        List<String> names = new ArrayList<>();
        for (Choice choice : Choice.values()) {
            for (int seconds : new int[] {0, 10_800}) {
                for (int map : seconds == 0 ? new int[] {0, 7} : new int[] {0}) {
                    Kind kind = new Kind(251, seconds, map, choice);
                    names.add(kind.chain());
                    assertThat(Kind.ofChain(kind.chain())).contains(kind);
                }
            }
        }
        assertThat(names)
                .doesNotHaveDuplicates()
                .contains("choose-251", "choose-251-of-8", "sticky-251-10800s")
                .contains("client-251", "client-251-of-8", "sticky-client-251-10800s", "address-251");
    }

    @Test
    void otherChainsAreOfNoKind() {
        assertThat(List.of("services", "keep-60s", "choose", "choose-", "choose-x", "sticky-3", "choose-3-9s", "3"))
                .allMatch(name -> Kind.ofChain(name).isEmpty());
    }
}
