// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import java.util.List;
import org.junit.jupiter.api.Test;

class UpstreamPortTest {
    @Test
    void chainsHaveTheNamesOfKubeProxy() {
        UpstreamPort.Endpoint endpoint = new UpstreamPort.Endpoint(IpAddress.of("10.180.0.1"), 80);
        UpstreamPort port =
                new UpstreamPort("ns1/svc1:p80", Protocol.TCP, IpAddress.of("10.20.30.41"), 80, 0, List.of(endpoint));
        assertThat(port.chain("KUBE-SVC-")).isEqualTo("KUBE-SVC-XPGD46QRK7WJZT7O");
        assertThat(port.chain(endpoint)).isEqualTo("KUBE-SEP-SXIVWICOYRO3J4NJ");
    }
}
