// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Applies each notification to its own chains, and refuses what a kernel would. */
record Following(Map<String, Set<String>> chains) implements ChainObserver {
    @Override
    public void chainCreated(String chain) {
        assertThat(chains.put(chain, Set.of())).isNull();
    }

    @Override
    public void chainDeleted(String chain) {
        assertThat(chains.remove(chain)).isEmpty();
    }

    @Override
    public void ruleAdded(String chain, String spec) {
        Set<String> rules = new LinkedHashSet<>(chains.getOrDefault(chain, Set.of()));
        assertThat(rules.add(spec)).isTrue();
        assertThat(chains.put(chain, rules)).isNotNull();
    }

    @Override
    public void ruleRemoved(String chain, String spec) {
        Set<String> rules = new LinkedHashSet<>(chains.getOrDefault(chain, Set.of()));
        assertThat(rules.remove(spec)).isTrue();
        chains.put(chain, rules);
    }
}
