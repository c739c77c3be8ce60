package dev.sluice.testkit.scenario.catalogue;

import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.testkit.scenario.Expected.Fails.DROPPED;
import static dev.sluice.testkit.scenario.Expected.Fails.NOT_SERVED;
import static dev.sluice.testkit.scenario.Expected.reaches;
import static dev.sluice.testkit.scenario.Probe.fromClient;
import static dev.sluice.testkit.scenario.Probe.fromNode;
import static dev.sluice.testkit.scenario.Probe.fromPod;
import static dev.sluice.testkit.scenario.Scenario.scenario;
import static dev.sluice.testkit.scenario.ServiceTemplate.service;

import dev.sluice.testkit.scenario.Scenario;
import dev.sluice.testkit.scenario.ServiceTemplate;
import java.util.List;

/** Load balancer addresses and external IPs. */
final class OutsideAddressScenarios {
    private static final String CLIENT_RANGES = "[\"192.168.20.0/24\", \" fd00:20::/64 \"]";
    private static final String OTHER_RANGES = "[\"192.0.2.0/24\", \"2001:db8:dead::/64\"]";

    private OutsideAddressScenarios() {}

    static List<Scenario> all() {
        return List.of(
                scenario("lb-pod", "99", "a Pod reaches a load balancer address inside the node")
                        .given(web().loadBalancer())
                        .then(fromPod("a3").toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-client", "99", "an outside client routed to the node reaches a load balancer address")
                        .given(web().loadBalancer())
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-mode-proxy", "100", "a load balancer address with ipMode Proxy is not captured")
                        .given(web().loadBalancer("Proxy"))
                        .then(fromPod("a3").toOutside("web", 80), NOT_SERVED)
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-mode-vip", "101", "a load balancer address with ipMode VIP is captured")
                        .given(web().loadBalancer("VIP"))
                        .then(fromPod("a3").toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-hostname", "102", "a load balancer with a name only does not disturb the cluster IP")
                        .given(web().loadBalancerHostname())
                        .then(fromClient().toOutside("web", 80), NOT_SERVED)
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-withdrawn", "103", "a load balancer address that is withdrawn is not captured any more")
                        .given(web().loadBalancer())
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .given(web().loadBalancerPending())
                        .then(fromClient().toOutside("web", 80), NOT_SERVED)
                        .then(fromClient().to("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-range-in", "104, 109", "a client in the source ranges reaches the load balancer address")
                        .in(IPTABLES, IPVS)
                        .given(web().loadBalancer().spec("loadBalancerSourceRanges", CLIENT_RANGES))
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario(
                                "lb-range-out",
                                "105, 106, 107",
                                "a client outside the source ranges reaches node port and cluster IP only")
                        .in(IPTABLES, IPVS)
                        .given(web().loadBalancer().spec("loadBalancerSourceRanges", OTHER_RANGES))
                        .then(fromClient().toOutside("web", 80), DROPPED)
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .then(fromClient().to("web", 80), reaches("b2"))
                        .build(),
                scenario("external-ip", "115", "a client routed to the node reaches an external IP")
                        .given(web().externalIp())
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario("external-ip-host", "115", "a process on the node reaches an external IP")
                        .in(IPTABLES, IPVS)
                        .given(web().externalIp())
                        .then(fromNode().toOutside("web", 80), reaches("b2"))
                        .build());
    }

    private static ServiceTemplate web() {
        return service("web").port(80, 8080).on("b2");
    }
}
