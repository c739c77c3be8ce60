// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live.container;

import dev.sluice.linux.iptables.Iptables.Variant;
import java.util.List;

/** What a Pod runs as: a mode, and the variant of iptables that its node uses. */
enum PodMode {
    IPTABLES_NFT("iptables", Variant.NFT),
    IPTABLES_LEGACY("iptables", Variant.LEGACY),
    IPVS("ipvs", Variant.NFT),
    NFTABLES("nftables", Variant.NFT),
    USERSPACE("userspace", Variant.NFT);

    private final String mode;
    private final Variant variant;

    PodMode(String mode, Variant variant) {
        this.mode = mode;
        this.variant = variant;
    }

    /** Those that the chart gives the main container. */
    List<String> capabilities() {
        return this == NFTABLES ? List.of("CAP_NET_ADMIN") : List.of("CAP_NET_ADMIN", "CAP_NET_RAW");
    }

    Variant variant() {
        return variant;
    }

    boolean isCarriedByKernel() {
        return this != USERSPACE;
    }

    /** Values of the chart: the lab's networks, and what a network namespace does not let be written left alone. */
    String chartValues() {
        return """
                apiServer: {host: 192.168.10.2, port: %d}
                config:
                  mode: %s
                  clusterCIDR: 10.244.0.0/16,fd00:244::/32
                  conntrack: {maxPerCore: 0}
                  iptables: {minSyncPeriod: 50ms}
                  ipvs: {minSyncPeriod: 50ms}
                  nftables: {minSyncPeriod: 50ms}
                """.formatted(PodSite.API_PORT, mode);
    }

    @Override
    public String toString() {
        return this == IPTABLES_LEGACY ? "iptables, legacy" : this == IPTABLES_NFT ? "iptables, nft" : mode;
    }
}
