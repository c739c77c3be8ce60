// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.sync.SyncException;
import dev.sluice.testkit.model.ServicePorts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole tables, as iptables-save prints them on a node with one Service. */
class WorkedExampleTest {

    static Stream<Arguments> variations() {
        var one = local("10.244.1.5", 8080);
        var two = remote("10.244.2.7", 8080);
        return Stream.of(
                Arguments.of("cluster-policy", resolved(web().build(), one, two)),
                Arguments.of(
                        "local-policy", resolved(web().externalPolicyLocal().build(), one, two)),
                Arguments.of(
                        "local-policy-none-here",
                        resolved(web().externalPolicyLocal().build(), two)),
                Arguments.of("affinity", resolved(web().affinity(10800).build(), one, two)),
                Arguments.of("no-endpoints", resolved(web().build())));
    }

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web:http", "10.96.0.50", 80)
                .nodePort(30080)
                .loadBalancer("203.0.113.10")
                .sourceRanges("198.51.100.0/24");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("variations")
    void isInForce(String name, ResolvedPort port) throws SyncException, IOException {
        Node node = Node.v4();
        node.snapshot.put(port);

        node.fullSync();

        assertThat("*filter\n" + node.dump("filter") + "*nat\n" + node.dump("nat"))
                .isEqualTo(golden(name));
    }

    private static String golden(String name) throws IOException {
        try (InputStream in = WorkedExampleTest.class.getResourceAsStream("/golden/" + name + ".rules")) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
