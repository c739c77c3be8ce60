// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import static dev.sluice.iptables.render.SharedChains.FILTER;
import static dev.sluice.iptables.render.SharedChains.NAT;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A shared chain whose rules belong to ports. With many rules it is the root of a tree of chains. */
public enum DispatchRoot {
    /** Only here does the order matter: the rules that lead to the node ports are last. */
    NAT_SERVICES(NAT, SharedChains.SERVICES, "KUBE-SVC-"),
    NAT_NODE_PORTS(NAT, SharedChains.NODE_PORTS, "KUBE-SVC-"),
    FILTER_SERVICES(FILTER, SharedChains.SERVICES, "KUBE-CIP-"),
    FILTER_EXTERNAL_SERVICES(FILTER, SharedChains.EXTERNAL_SERVICES, "KUBE-XIP-"),
    FILTER_NODE_PORTS(FILTER, SharedChains.NODE_PORTS, "KUBE-HCP-"),
    FILTER_PROXY_FIREWALL(FILTER, SharedChains.PROXY_FIREWALL, "KUBE-LBF-");

    private static final List<DispatchRoot> ALL = List.of(values());

    private final String table;
    private final String chain;
    private final String branchPrefix;

    DispatchRoot(String table, String chain, String branchPrefix) {
        this.table = table;
        this.chain = chain;
        this.branchPrefix = branchPrefix;
    }

    public String table() {
        return table;
    }

    public String chain() {
        return chain;
    }

    /**
     * What the names of the chains below begin with. In nat they look like those of a Service, so that a kube-proxy
     * that takes over deletes them as stale.
     */
    public String branchPrefix() {
        return branchPrefix;
    }

    /** The dispatch roots of {@code table}. */
    static List<DispatchRoot> in(String table) {
        return Arrays.stream(values()).filter(root -> root.table.equals(table)).toList();
    }

    /** The dispatch root of that name; empty when {@code chain} is not one. */
    public static Optional<DispatchRoot> find(String table, String chain) {
        for (DispatchRoot root : ALL) {
            if (root.chain.equals(chain) && root.table.equals(table)) {
                return Optional.of(root);
            }
        }
        return Optional.empty();
    }

    /** Whether {@code chain} of filter is part of a dispatch tree, below its root. */
    public static boolean isFilterBranch(String chain) {
        return in(FILTER).stream().anyMatch(root -> chain.startsWith(root.branchPrefix));
    }
}
