// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.toDns;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.UDP;

import dev.sluice.conformance.observe.ConntrackEntries;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import java.util.List;

/** Conntrack entries across a restart of the daemon. */
public final class ConntrackRestartScenarios {
    private static final DaemonSetup ALONE = DaemonSetup.DEFAULT.alone();

    private ConntrackRestartScenarios() {}

    public static List<Scenario> all() {
        return List.of(untouched(), changed(), userspace());
    }

    private static Scenario untouched() {
        ConntrackEntries flows = new ConntrackEntries();
        Probe pod = toDns("a3", 1);
        Probe client = fromClient().toNodePort("dns", 53).udp().socket(2);
        return scenario("udp-flow-restart", "trap 4", "a restart with nothing changed touches no flow")
                .in(IPTABLES, IPVS, NFTABLES)
                .setup(ALONE)
                .act("entries outlive a slow restart", ConntrackEntries::outliveTheScenario)
                .given(dns("b2").nodePort())
                .then(pod, reaches("b2"))
                .then(client, reaches("b2"))
                .act("the flows are tracked", stage -> {
                    flows.remember(stage, pod);
                    flows.remember(stage, client);
                })
                .act("kill -9", stage -> stage.daemon().kill())
                .act("restart", stage -> stage.session().start())
                .act("the entries", stage -> {
                    flows.expectUntouched(stage, pod);
                    flows.expectUntouched(stage, client);
                })
                .then(pod, reaches("b2"))
                .then(client, reaches("b2"))
                .build();
    }

    private static Scenario changed() {
        ConntrackEntries flows = new ConntrackEntries();
        Probe pod = toDns("a3", 1);
        Probe client = fromClient().toNodePort("dns", 53).udp().socket(2);
        return scenario(
                        "udp-flow-restart-changed",
                        "-",
                        "a restart during which the endpoint went forgets its flows and no other")
                .in(IPTABLES, NFTABLES) // in ipvs mode the kernel deletes them by itself
                .setup(ALONE)
                .act("entries outlive a slow restart", ConntrackEntries::outliveTheScenario)
                .given(dns("b2").nodePort(), other("b4"))
                .then(pod, reaches("b2"))
                .then(client, reaches("b2"))
                .then(otherPod(), reaches("b4"))
                .act("the flows are tracked", stage -> {
                    flows.remember(stage, pod);
                    flows.remember(stage, client);
                    flows.remember(stage, otherPod());
                })
                .act("kill -9", stage -> stage.daemon().kill())
                .act(
                        "the endpoint is replaced while nobody looks",
                        stage -> stage.session()
                                .write(
                                        stage.file(),
                                        stage.yaml(List.of(dns("b3").nodePort(), other("b4")))))
                .act("restart", stage -> stage.session().start())
                .then(pod, reaches("b3"))
                .then(client, reaches("b3"))
                .act("the entries", stage -> {
                    flows.expectGone(stage, pod);
                    flows.expectGone(stage, client);
                    flows.expectUntouched(stage, otherPod());
                    flows.expectCounted(stage, UDP, "endpoint-gone");
                })
                .build();
    }

    private static Scenario userspace() {
        Probe pod = toDns("a3", 1);
        Probe client = fromClient().toNodePort("dns", 53).udp().socket(2);
        return scenario(
                        "udp-flow-restart-userspace",
                        "-",
                        "after a restart the flows of a client that keeps its port go to the new process")
                .in(USERSPACE)
                .setup(ALONE)
                .act("entries outlive a slow restart", ConntrackEntries::outliveTheScenario)
                .given(dns("b2").nodePort())
                .then(pod, reaches("b2"))
                .then(client, reaches("b2"))
                .act("kill -9", stage -> stage.daemon().kill())
                .act("restart", stage -> stage.session().start())
                .then(pod, reaches("b2"))
                .then(client, reaches("b2"))
                .build();
    }

    private static Probe otherPod() {
        return fromPod("a4").to("other", 53).udp().socket(3);
    }

    private static ServiceTemplate other(String pod) {
        return service("other").port("dns", UDP, 53, 5353).on(pod);
    }
}
