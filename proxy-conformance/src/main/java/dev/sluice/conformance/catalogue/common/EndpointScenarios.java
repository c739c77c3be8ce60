// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.EndpointTemplate.endpoint;
import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.conformance.scenario.SliceTemplate.slice;
import static dev.sluice.core.net.Protocol.TCP;

import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.SliceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.lab.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.Assertions;

/** The choice of usable endpoints. */
public final class EndpointScenarios {
    private static final Probe CALLS = fromPod("a3").to("web", 80).times(12);

    private EndpointScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("ready-absent", "42", "an endpoint that does not say whether it is ready counts as ready")
                        .given(web(endpoint("b2").conditions(null, null, null)))
                        .then(CALLS, reaches("b2"))
                        .build(),
                scenario("not-ready", "43", "an endpoint that is not ready is not used")
                        .given(web(endpoint("a2").notReady(), endpoint("b2")))
                        .then(CALLS, reaches("b2"))
                        .build(),
                scenario("terminating-fallback", "44", "when all are terminating, those that still serve are used")
                        .given(web(
                                endpoint("a2").servingTerminating(),
                                endpoint("b2").servingTerminating()))
                        .then(CALLS.times(20), reaches("a2", "b2").each())
                        .build(),
                scenario("ready-before-terminating", "45", "a ready endpoint is preferred to a terminating one")
                        .given(web(endpoint("a2").servingTerminating(), endpoint("b2")))
                        .then(CALLS.times(20), reaches("b2"))
                        .build(),
                scenario("terminating-not-serving", "46", "endpoints that neither are ready nor serve are refused")
                        .given(web(endpoint("a2").conditions(false, false, true)))
                        .then(fromPod("a3").to("web", 80), REFUSED)
                        .build(),
                scenario("serving-not-ready", "47", "serving alone does not make an endpoint usable")
                        .given(web(endpoint("a2").conditions(false, true, false)))
                        .then(fromPod("a3").to("web", 80), REFUSED)
                        .build(),
                scenario("same-endpoint-twice", "48", "of two entries for one address the one that stays wins")
                        .given(web(
                                        endpoint("b2").servingTerminating(),
                                        endpoint("a2").servingTerminating())
                                .on(endpoint("b2")))
                        .then(CALLS.times(20), reaches("b2"))
                        .build(),
                scenario("ghost-pod", "48, trap 10", "an old Pod's ghost does not take the address from the new Pod")
                        .given(web(endpoint("b2").servingTerminating().of("old"))
                                .on(endpoint("b2").of("new"), endpoint("b3").of("other")))
                        .then(CALLS.times(20), reaches("b2", "b3").each())
                        .build(),
                scenario("pod-moves", "48, trap 10", "of two entries for one Pod the one that terminates is the newer")
                        .given(web(endpoint("b2").servingTerminating().of("same"))
                                .on(endpoint("b2").of("same"), endpoint("b3").of("other")))
                        .then(CALLS.times(20), reaches("b3"))
                        .build(),
                scenario("two-ports-of-a-pod", "trap 10", "one address with two ports is two endpoints")
                        .given(service("web")
                                .port("http", TCP, 80, 8080)
                                .slice(slice("web", "one")
                                        .port("http", TCP, 8080)
                                        .on("b2"))
                                .slice(slice("web", "two")
                                        .port("http", TCP, 9090)
                                        .on("b2")))
                        .then(CALLS, reaches("b2"))
                        .act(
                                "both ports are used",
                                stage -> Assertions.assertThat(stage.calls(CALLS.times(20)))
                                        .extracting(o -> ((Outcome.Answer) o).port())
                                        .contains(8080, 9090))
                        .build(),
                scenario("whole-from-birth", "trap 46", "nobody meets half of a new Service")
                        .given()
                        .act("it is made while calls are made", EndpointScenarios::birth)
                        .build(),
                scenario("second-address", "49", "only the first address of an endpoint is used")
                        .given(web(endpoint("b2").withSecondAddress()))
                        .then(CALLS.times(20), reaches("b2"))
                        .build(),
                scenario("port-without-number", "50", "a slice port without a number is skipped, others are used")
                        .given(service("web")
                                .port("http", TCP, 80, 8080)
                                .slice(slice("web", "bad")
                                        .portWithoutNumber("http")
                                        .on("a2"))
                                .slice(slice("web", "good")
                                        .port("http", TCP, 8080)
                                        .on("b2")))
                        .then(CALLS, reaches("b2"))
                        .build(),
                scenario("slice-move", "51", "an endpoint moves between slices without an outage")
                        .given(moving(true, false))
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("the endpoint moves while calls are made", EndpointScenarios::move)
                        .build(),
                scenario("three-slices", "51", "the endpoints of all slices of a Service are used")
                        .given(web("a2").on("a4").on("b2"))
                        .then(CALLS.times(40), reaches("a2", "a4", "b2").each())
                        .build());
    }

    private static ServiceTemplate moving(boolean inFirst, boolean inSecond) {
        SliceTemplate first = slice("web", "first").port("", TCP, 8080);
        SliceTemplate second = slice("web", "second").port("", TCP, 8080);
        return http("web").slice(inFirst ? first.on("b2") : first).slice(inSecond ? second.on("b2") : second);
    }

    private static void birth(Stage stage) {
        List<Outcome> outcomes = during(stage, () -> stage.given(List.of(web(endpoint("a2"), endpoint("b2")))));
        Assertions.assertThat(outcomes)
                .as("calls before, while and after")
                .hasAtLeastOneElementOfType(Outcome.Answer.class)
                .noneMatch(o -> o instanceof Outcome.Refused || o instanceof Outcome.Closed);
    }

    private static void move(Stage stage) {
        List<Outcome> outcomes = during(stage, () -> {
            stage.given(List.of(moving(true, true)));
            stage.given(List.of(moving(false, true)));
        });
        Assertions.assertThat(outcomes).as("calls before, while and after").allMatch(o -> o instanceof Outcome.Answer);
    }

    /** The outcomes of calls that are made from before {@code change} until after it, at least twenty. */
    private static List<Outcome> during(Stage stage, Runnable change) {
        AtomicBoolean done = new AtomicBoolean();
        CompletableFuture<List<Outcome>> calls = CompletableFuture.supplyAsync(
                () -> {
                    List<Outcome> outcomes = new ArrayList<>();
                    while (!done.get() || outcomes.size() < 20) {
                        outcomes.add(stage.calls(fromPod("a3").to("web", 80)).getFirst());
                    }
                    return outcomes;
                },
                task -> Thread.ofPlatform().name("calls").daemon().start(task));
        try {
            change.run();
        } finally {
            done.set(true);
        }
        return calls.join();
    }
}
