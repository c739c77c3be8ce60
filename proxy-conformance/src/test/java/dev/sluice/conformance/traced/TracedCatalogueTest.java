// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.traced;

import static dev.sluice.conformance.scenario.Expected.Fails.DROPPED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.conformance.catalogue.Catalogue;
import dev.sluice.conformance.scenario.Expected;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.route.NetlinkLinks;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every scenario of the catalogue, traced in each mode and family; see {@link TracedCatalogue}. */
class TracedCatalogueTest {
    /** Far fewer than there are: the catalogue must not fall silent. */
    private static final int ENOUGH = 300;

    @ParameterizedTest
    @EnumSource
    void tracesAreAsScenariosExpect(ProxyMode mode) throws Exception {
        TracedReport report = trace(mode, Catalogue.all());
        System.out.println("traced in " + mode.flagValue() + ": " + report);

        assertThat(report.failures()).isEmpty();
        assertThat(report.agreements()).isGreaterThan(ENOUGH);
    }

    @ParameterizedTest
    @EnumSource
    void aWrongExpectationFails(ProxyMode mode) throws Exception {
        int families = IpFamily.values().length;
        assertThat(trace(mode, List.of(expecting(reaches("a2", "b2").each()))).failures())
                .isEmpty();
        for (Expected wrong : List.of(
                reaches("a2"),
                reaches("a2", "b2", "b3").fairly(),
                reaches("a2", "b2").atPort(9090),
                Expected.Fails.REFUSED,
                DROPPED,
                Expected.Fails.NOT_SERVED)) {
            assertThat(trace(mode, List.of(expecting(wrong))).failures())
                    .as("%s", wrong)
                    .hasSize(families)
                    .allSatisfy(failure -> assertThat(failure).contains("expected " + wrong));
        }
    }

    private static Scenario expecting(Expected expected) {
        return scenario("traced", "", "A call reaches an endpoint.")
                .given(service("web").port(80, 8080).on("a2", "b2"))
                .then(fromPod("a3").to("web", 80), expected)
                .build();
    }

    private static TracedReport trace(ProxyMode mode, List<Scenario> scenarios) throws Exception {
        TracedReport report = new TracedReport();
        TracedCatalogue catalogue = new TracedCatalogue(mode, report);
        if (mode != ProxyMode.USERSPACE) {
            catalogue.trace(scenarios);
            return report;
        }
        // its UDP sockets are real and bind addresses of the node
        assumeTrue("root".equals(System.getProperty("user.name")), "a network namespace needs root");
        try (NetworkNamespace namespace = NetworkNamespace.create("traced")) {
            namespace.run(() -> {
                try (NetlinkLinks links = NetlinkLinks.open()) {
                    links.addAddresses("lo", TracedNode.addresses());
                }
                catalogue.trace(scenarios);
            });
        }
        return report;
    }
}
