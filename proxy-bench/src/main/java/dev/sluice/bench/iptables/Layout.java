// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.iptables;

import java.util.Locale;
import java.util.Map;

/** The layout of the dispatch chains. */
enum Layout {
    /** One list of all service addresses, as in kube-proxy. */
    FLAT,
    /** The daemon's default: a tree by address prefix, from some hundred addresses on. */
    TREE;

    /** The environment that makes the daemon use it. */
    Map<String, String> environment() {
        return switch (this) {
            case FLAT -> Map.of("SLUICE_JAVA_OPTS", "-Dsluice.iptables.flat-rules=1000000");
            case TREE -> Map.of();
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
