// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.traced;

import dev.sluice.conformance.scenario.Allotment;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Expected;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Step;
import dev.sluice.conformance.scenario.TracedExpectation;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncException;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.testkit.daemon.Explained;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Traces scenarios in one mode, each in its families. Scenarios with equal set-ups follow one another on one node, and
 * each takes its objects with it.
 */
final class TracedCatalogue {
    private static final String AFTER_AN_ACT = "after an act, which may have changed what is asked about";

    private final ProxyMode mode;
    private final TracedReport report;

    TracedCatalogue(ProxyMode mode, TracedReport report) {
        this.mode = mode;
        this.report = report;
    }

    void trace(Collection<Scenario> scenarios) throws ConfigException, HostException, SyncException {
        Map<DaemonSetup, List<Scenario>> groups = scenarios.stream()
                .filter(scenario -> scenario.modes().contains(mode))
                .collect(Collectors.groupingBy(Scenario::setup, LinkedHashMap::new, Collectors.toList()));
        for (Map.Entry<DaemonSetup, List<Scenario>> group : groups.entrySet()) {
            trace(group.getKey(), group.getValue());
        }
    }

    private void trace(DaemonSetup setup, List<Scenario> scenarios)
            throws ConfigException, HostException, SyncException {
        if (!setup.started()) {
            scenarios.forEach(s -> skip("the scenario starts the daemon itself", s.steps(), s));
            return;
        }
        Allotment.Pool pool = new Allotment.Pool();
        try (TracedNode node = new TracedNode(mode, setup)) {
            for (Scenario scenario : scenarios) {
                for (IpFamily family : scenario.families()) {
                    String namespace = scenario.id() + (family == IpFamily.IPV4 ? "-v4" : "-v6");
                    trace(node, scenario, new Allotment(pool, namespace, family));
                    node.objects("");
                }
            }
        }
    }

    /**
     * What an act does is not done here. A scenario that shares its daemon changes nothing but its objects, so the next
     * given makes the state known again; one that has its daemon to itself may have changed anything.
     */
    private void trace(TracedNode node, Scenario scenario, Allotment allotment) {
        boolean acted = false;
        for (Step step : scenario.steps()) {
            boolean unknown = acted;
            switch (step) {
                case Step.Given(List<ServiceTemplate> services) -> {
                    given(node, scenario, allotment, services);
                    acted &= scenario.setup().own();
                }
                case Step.Act act -> {
                    report.skipped("an act on processes, packets or the kernel");
                    acted = true;
                }
                case Step.StillOpen open -> report.skipped("an open connection lives in packets only");
                case Step.Then then when unknown -> report.skipped(AFTER_AN_ACT);
                case Step.Open open when unknown -> report.skipped(AFTER_AN_ACT);
                case Step.Then(Probe probe, Expected expected) -> then(node, scenario, allotment, probe, expected);
                case Step.Open open -> then(node, scenario, allotment, open.probe(), Expected.anybody());
            }
        }
    }

    private void skip(String reason, List<Step> steps, Scenario scenario) {
        scenario.families()
                .forEach(family -> steps.stream()
                        .filter(step -> !(step instanceof Step.Given))
                        .forEach(step -> report.skipped(reason)));
    }

    private void given(TracedNode node, Scenario scenario, Allotment allotment, List<ServiceTemplate> services) {
        String yaml = services.stream().map(s -> s.yaml(allotment)).collect(Collectors.joining());
        try {
            node.objects(yaml);
        } catch (SyncException e) {
            report.failed(label(scenario, allotment) + ": the sync failed: " + e.getMessage());
        }
    }

    private void then(TracedNode node, Scenario scenario, Allotment allotment, Probe probe, Expected expected) {
        IpAddress to = probe.destination(allotment, (address, port) -> address);
        Explained traced = node.explain(
                probe, probe.sourcePort(allotment), to, probe.destination(allotment, (address, port) -> port));
        TracedExpectation said = new TracedExpectation(probe, to, expected, traced);
        TracedExpectation expectation = mode == ProxyMode.USERSPACE ? said.withRetries() : said;
        Optional<String> disagreement = expectation.disagreement();
        Expected wrong = WrongExpectation.of(expected);
        if (disagreement.isPresent()) {
            report.failed(label(scenario, allotment) + ", " + probe.describe(allotment) + ": " + disagreement.get());
        } else if (expectation.expecting(wrong).disagreement().isEmpty()) {
            report.failed(label(scenario, allotment) + ", " + probe.describe(allotment) + ": agrees with " + expected
                    + " and with " + wrong + "; explain says " + traced);
        } else {
            report.agreed();
        }
    }

    private String label(Scenario scenario, Allotment allotment) {
        return mode.flagValue() + " " + allotment.family() + " " + scenario.id();
    }
}
