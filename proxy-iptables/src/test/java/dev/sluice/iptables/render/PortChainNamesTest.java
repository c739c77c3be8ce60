// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import org.junit.jupiter.api.Test;

class PortChainNamesTest {
    @Test
    void hashesLikeKubeProxy() {
        var port = ServicePorts.name(Protocol.TCP, "ns1/svc1:p80");

        assertThat(PortChainNames.of(port))
                .isEqualTo(new PortChainNames(
                        "KUBE-SVC-XPGD46QRK7WJZT7O",
                        "KUBE-SVL-XPGD46QRK7WJZT7O",
                        "KUBE-EXT-XPGD46QRK7WJZT7O",
                        "KUBE-FW-XPGD46QRK7WJZT7O"));
        assertThat(PortChainNames.endpoint(port, Endpoints.remote("10.180.0.1", 80)))
                .isEqualTo("KUBE-SEP-SXIVWICOYRO3J4NJ");
    }

    @Test
    void tellsProtocolsApart() {
        assertThat(PortChainNames.of(ServicePorts.name(Protocol.UDP, "ns1/svc1:p80"))
                        .cluster())
                .isNotEqualTo("KUBE-SVC-XPGD46QRK7WJZT7O");
    }

    @Test
    void knowsTheChainsOfPorts() {
        assertThat(PortChainNames.isPerPort("KUBE-SEP-SXIVWICOYRO3J4NJ")).isTrue();
        assertThat(PortChainNames.isPerPort("KUBE-SERVICES")).isFalse();
        assertThat(PortChainNames.isPerPort("KUBE-FIREWALL")).isFalse();
    }
}
