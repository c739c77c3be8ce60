// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KubeProxySyncTest {
    private static final String QUEUED = "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds";
    private static final String SYNCED = "kubeproxy_sync_proxy_rules_last_timestamp_seconds";

    private static boolean inForce(String page) {
        return KubeProxySync.of("iptables", page).inForce();
    }

    @Test
    void everyFamilyMustHaveSynced() {
        String queued = QUEUED + "{ip_family=\"IPv4\"} 1.79e+09\n" + QUEUED + "{ip_family=\"IPv6\"} 1.79e+09\n";
        String v4 = SYNCED + "{ip_family=\"IPv4\"} 1.796010804e+09\n";
        assertThat(inForce("")).isFalse();
        assertThat(inForce(queued)).isFalse();
        assertThat(inForce(queued + v4)).isFalse();
        assertThat(inForce(queued + v4 + SYNCED + "{ip_family=\"IPv6\"} 1.796010804e+09\n"))
                .isTrue();
        assertThat(inForce(QUEUED + "{ip_family=\"IPv4\"} 1.79e+09\n" + v4)).isTrue();
    }

    @Test
    void aGaugeWithoutALabelCountsOnceItIsSet() {
        assertThat(inForce("# HELP " + SYNCED + " x\n" + SYNCED + " 0\n" + QUEUED + " 1.7e+09\n"))
                .isFalse();
        assertThat(inForce(SYNCED + " 1.7e+09\n" + QUEUED + " 1.7e+09\n")).isTrue();
        assertThat(inForce(SYNCED + " NaN\n")).isFalse();
    }
}
