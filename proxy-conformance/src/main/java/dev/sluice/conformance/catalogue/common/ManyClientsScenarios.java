// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.OwnedRules;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.api.Assertions;

/** Session affinity of more clients than kube-proxy's iptables mode remembers, which is 100 for each endpoint. */
public final class ManyClientsScenarios {
    private static final Probe WEB = fromClient().to("web", 80);
    private static final Probe DNS = fromClient().to("dns", 53).udp();
    private static final String TIMEOUT = "sessionAffinityConfig";

    private ManyClientsScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("affinity-250-clients", "121", "each of 250 clients keeps its endpoint")
                        .given(sticky(web("a2", "b2")))
                        .then(WEB, reaches("a2", "b2"))
                        .act("they call one after the other, twice", stage -> expectKept(stage, WEB, 250))
                        .build(),
                scenario("affinity-250-clients-udp", "121", "each of 250 clients keeps its endpoint over UDP")
                        .given(sticky(dns("a2", "b2")))
                        .then(DNS, reaches("a2", "b2"))
                        .act("they call one after the other, twice", stage -> expectKept(stage, DNS, 250))
                        .build(),
                // not in the emulated machine, where so many calls take ten minutes
                scenario("affinity-10000-clients", "121", "each of 10,000 clients keeps its endpoint")
                        .in(IPTABLES, USERSPACE, NFTABLES)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(sticky(web("a2", "b2")))
                        .then(WEB, reaches("a2", "b2"))
                        .act("they call one after the other, twice", stage -> expectKept(stage, WEB, 10_000))
                        .build(),
                scenario(
                                "affinity-250-clients-restart",
                                "121, 129",
                                "250 clients keep their endpoints over a restart of the daemon, and an edited time-out")
                        .in(IPTABLES, IPVS, NFTABLES)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(sticky(web("a2", "b2")))
                        .then(WEB, reaches("a2", "b2"))
                        .act("kill -9, restart, another time-out", ManyClientsScenarios::restart)
                        .build(),
                scenario(
                                "affinity-sets-repaired",
                                "121, 149",
                                "affinity works again after somebody destroyed what remembers the clients")
                        .in(IPTABLES)
                        .setup(DaemonSetup.DEFAULT.alone().with("--iptables-sync-period=10m"))
                        .given(sticky(web("a2", "b2")))
                        .then(WEB, reaches("a2", "b2"))
                        .act("rules flushed, sets destroyed", ManyClientsScenarios::destroy)
                        .act("they call one after the other, twice", stage -> expectKept(stage, WEB, 250))
                        .build(),
                scenario(
                                "affinity-sets-removed",
                                "121",
                                "what remembers clients goes with the endpoint and the Service")
                        .in(IPTABLES)
                        .given(sticky(web("a2", "b2")))
                        .act("two sets", stage -> expectSets(stage, 2))
                        .given(sticky(web("b2")))
                        .act("one set", stage -> expectSets(stage, 1))
                        .given(web("b2"))
                        .act("no set", stage -> expectSets(stage, 0))
                        .build());
    }

    private static ServiceTemplate sticky(ServiceTemplate service) {
        return service.spec("sessionAffinity", "ClientIP");
    }

    private static void expectKept(Stage stage, Probe probe, int clients) {
        long start = System.nanoTime();
        Map<Integer, String> first = call(stage, probe, clients);
        expectSame(first, call(stage, probe, clients));
        Assertions.assertThat(first.values()).as("Pods that they reach").contains("a2", "b2");
        stage.note("2 x " + clients + " calls took "
                + Duration.ofNanos(System.nanoTime() - start).toMillis() + " ms");
    }

    private static void expectSame(Map<Integer, String> before, Map<Integer, String> after) {
        List<Integer> moved = before.keySet().stream()
                .filter(c -> !Objects.equals(before.get(c), after.get(c)))
                .toList();
        Assertions.assertThat(moved)
                .as("clients, of " + before.size() + ", that came to another Pod")
                .isEmpty();
    }

    /** The Pod that each client reaches. */
    private static Map<Integer, String> call(Stage stage, Probe probe, int clients) {
        LabHost host = stage.lab().client();
        Caller caller = stage.caller(host.name());
        // on the thread that makes the sockets, which saves two changes of thread for each call
        return host.call(() -> {
            Map<Integer, String> pods = new HashMap<>();
            for (int number = 0; number < clients; number++) {
                Caller from = caller.fromAddress(LabAddresses.manyClients(number, stage.family()));
                Outcome outcome =
                        probe.destination(stage.allotment(), probe.protocol() == Protocol.UDP ? from::udp : from::tcp);
                Assertions.assertThat(outcome).isInstanceOf(Outcome.Answer.class);
                pods.put(number, ((Outcome.Answer) outcome).pod());
            }
            return pods;
        });
    }

    private static void restart(Stage stage) throws Exception {
        Map<Integer, String> before = call(stage, WEB, 250);
        stage.daemon().kill();
        stage.session().start();
        expectSame(before, call(stage, WEB, 250));
        stage.given(List.of(sticky(web("a2", "b2")).spec(TIMEOUT, "{clientIP: {timeoutSeconds: 3600}}")));
        expectSame(before, call(stage, WEB, 250));
    }

    private static void destroy(Stage stage) {
        NodeState.expectLogged(stage, "rules that others change are noticed by");
        Set<String> sets = sets(stage);
        StringBuilder script = new StringBuilder();
        script.append(OwnedRules.tool(stage.family())).append(" -w -t nat -F\n");
        // the kernel frees the rules of the nft variant a little later
        sets.forEach(set -> script.append("for i in 1 2 3 4 5 6 7 8 9; do ipset -q destroy ")
                .append(set)
                .append(" && break; done\n"));
        stage.lab().node().run("sh", "-c", script.toString());
        stage.eventually("the sets are back", () -> sets(stage).equals(sets));
        stage.check(WEB, reaches("a2", "b2"));
    }

    private static void expectSets(Stage stage, int count) {
        stage.eventually(count + " sets", () -> sets(stage), sets -> sets.size() == count);
    }

    /** The sets that rules of the scenario's Service name, or that no rule names. */
    private static Set<String> sets(Stage stage) {
        String rules = NodeState.rules(stage);
        String own = stage.allotment().namespace() + "/web";
        String prefix = stage.family() == IpFamily.IPV4 ? "KUBE-SEP-" : "KUBE-6-SEP-";
        Set<String> sets = new TreeSet<>();
        for (String name :
                stage.lab().node().run("ipset", "list", "-n").orThrow().split("\n")) {
            boolean foreign = rules.lines().anyMatch(l -> l.contains("-set " + name + " ") && !l.contains(own));
            if (name.startsWith(prefix) && !foreign) {
                sets.add(name);
            }
        }
        return sets;
    }
}
