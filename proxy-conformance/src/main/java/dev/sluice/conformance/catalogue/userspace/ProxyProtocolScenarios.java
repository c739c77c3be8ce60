// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.conformance.scenario.SliceTemplate.slice;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.TCP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.observe.ServiceMetrics;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** The PROXY protocol of userspace mode, byte by byte at the endpoint. */
public final class ProxyProtocolScenarios {
    private static final Probe WEB = fromPod("a3").to("web", 80);

    private ProxyProtocolScenarios() {}

    public static List<Scenario> all() {
        return List.of(version("v1"), version("v2"));
    }

    private static Scenario version(String version) {
        return scenario(
                        "proxy-protocol-" + version,
                        "-",
                        "PROXY protocol " + version
                                + ": the endpoint learns the client and what it connected to, once, also after a retry")
                .in(USERSPACE)
                .act("its first bytes", stage -> {
                    // the runs of both families and versions share the Pod
                    int port = 7700 + stage.family().bits() + (version.equals("v1") ? 1 : 2);
                    stage.given(List.of(service("web")
                            .port(80, port)
                            .annotation("sluice.dev/proxy-protocol", version)
                            .slice(slice("web", "dead")
                                    .port("", TCP, Lab.DEAD_PORT)
                                    .on("b3"))
                            .slice(slice("web", "s").port("", TCP, port).on("b2"))));
                    try (ServerSocketChannel server = stage.lab().pod("b2").listen(port)) {
                        greeted(stage, version, server, WEB.socket(1));
                        greeted(stage, version, server, WEB.socket(2));
                    }
                    assertThat(ServiceMetrics.value(stage, "sluice_service_connect_retries_total"))
                            .isEqualTo(1);
                })
                .build();
    }

    /**
     * @param probe from a port that no other run uses: conntrack gives the second of two connections from one port
     *     through two portals another one, and that is what the header then says
     */
    private static void greeted(Stage stage, String version, ServerSocketChannel server, Probe probe)
            throws IOException {
        try (Connection connection = stage.connect(probe)) {
            connection.send("hello\n");
            try (Socket accepted = server.accept().socket()) {
                accepted.setSoTimeout(10_000);
                IpAddress client = LabAddresses.of("a3", stage.family());
                IpAddress vip = stage.allotment().clusterIp("web");
                byte[] expected = version.equals("v1")
                        ? line(client, connection.localPort(), vip)
                        : bytes(client, connection.localPort(), vip);
                InputStream input = accepted.getInputStream();
                assertThat(HexFormat.of().formatHex(input.readNBytes(expected.length)))
                        .isEqualTo(HexFormat.of().formatHex(expected));
                assertThat(input.readNBytes(6))
                        .asString(StandardCharsets.US_ASCII)
                        .isEqualTo("hello\n");
                accepted.getOutputStream().write("welcome\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(connection.readLine()).hasValue("welcome");
                connection.halfClose();
                assertThat(input.read()).as("nothing came twice").isEqualTo(-1);
                stage.note(
                        version.equals("v1")
                                ? new String(expected, StandardCharsets.US_ASCII).strip()
                                : HexFormat.of().formatHex(expected));
            }
        }
    }

    private static byte[] line(IpAddress client, int clientPort, IpAddress vip) {
        String family = client.family() == IpFamily.IPV4 ? "TCP4" : "TCP6";
        return ("PROXY " + family + " " + client + " " + vip + " " + clientPort + " 80\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] bytes(IpAddress client, int clientPort, IpAddress vip) {
        HexFormat hex = HexFormat.of();
        String family = client.family() == IpFamily.IPV4 ? "11000c" : "210024";
        return hex.parseHex("0d0a0d0a000d0a515549540a" + "21" + family + hex.formatHex(client.bytes())
                + hex.formatHex(vip.bytes()) + hex.toHexDigits((short) clientPort) + "0050");
    }
}
