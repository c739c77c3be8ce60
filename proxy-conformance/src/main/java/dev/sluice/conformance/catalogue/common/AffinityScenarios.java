// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;

import dev.sluice.conformance.scenario.Expected;
import dev.sluice.conformance.scenario.Scenario;
import java.util.List;

/** Session affinity by client address. */
public final class AffinityScenarios {
    private AffinityScenarios() {}

    public static List<Scenario> all() {
        Expected.Reaches any = reaches("a2", "b2", "b3");
        return List.of(
                scenario("affinity", "120", "with ClientIP affinity a client stays with one endpoint")
                        .given(web("a2", "b2", "b3").spec("sessionAffinity", "ClientIP"))
                        .then(fromPod("a3").to("web", 80).times(20), any.alwaysTheSame())
                        .build(),
                scenario("affinity-off", "127", "when affinity is switched off calls spread again")
                        .given(web("a2", "b2", "b3").spec("sessionAffinity", "ClientIP"))
                        .then(fromPod("a3").to("web", 80).times(20), any.alwaysTheSame())
                        .given(web("a2", "b2", "b3"))
                        .then(fromPod("a3").to("web", 80).times(30), any.each())
                        .build(),
                scenario("affinity-endpoint-goes", "124", "when its endpoint goes the client moves to another at once")
                        .given(web("a2").spec("sessionAffinity", "ClientIP"))
                        .then(fromPod("a3").to("web", 80), reaches("a2"))
                        .given(web("b2", "b3").spec("sessionAffinity", "ClientIP"))
                        .then(
                                fromPod("a3").to("web", 80).times(10),
                                reaches("b2", "b3").alwaysTheSame())
                        .build());
    }
}
