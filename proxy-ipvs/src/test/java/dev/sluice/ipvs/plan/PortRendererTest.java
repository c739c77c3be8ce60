// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.ipvs.KernelText;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.testkit.model.ServicePorts;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PortRendererTest {
    private static final NodeView NODE = new NodeView(
            Set.of(IpAddress.of("127.0.0.1"), IpAddress.of("192.168.7.10"), IpAddress.of("10.244.0.1")),
            List.of(IpAddress.of("10.244.0.1"), IpAddress.of("192.168.7.10")),
            Optional.of(IpAddress.of("192.168.7.10")));

    @Test
    void aClusterAddressIsAVirtualServerWithItsEndpoints() {
        PortPlan plan = render(resolved(
                ServicePorts.tcp("shop/web:http", "10.96.0.50", 80).build(),
                local("10.244.0.5", 8080),
                remote("10.244.1.7", 8080)));

        assertThat(KernelText.ipvsadm(plan)).isEqualTo("""
            -A -t 10.96.0.50:80 -s rr
            -a -t 10.96.0.50:80 -r 10.244.0.5:8080 -m -w 1
            -a -t 10.96.0.50:80 -r 10.244.1.7:8080 -m -w 1
            """);
        assertThat(KernelText.ipset(plan, IpFamily.IPV4)).isEqualTo("""
            add KUBE-IPVS-IPS 10.96.0.50
            add KUBE-CLUSTER-IP 10.96.0.50,tcp:80
            add KUBE-LOOP-BACK 10.244.0.5,tcp:8080,10.244.0.5
            """);
        assertThat(plan.addresses()).containsExactly(IpAddress.of("10.96.0.50"));
    }

    @Test
    void aNodePortIsServedOnEachNodeAddressAndAffinityIsPersistence() {
        PortPlan plan = render(resolved(
                ServicePorts.udp("dns/dns", "10.96.0.10", 53)
                        .nodePort(30053)
                        .affinity(600)
                        .build(),
                remote("10.244.1.7", 5353)));

        assertThat(KernelText.ipvsadm(plan)).isEqualTo("""
            -A -u 10.96.0.10:53 -s rr -p 600
            -a -u 10.96.0.10:53 -r 10.244.1.7:5353 -m -w 1
            -A -u 10.244.0.1:30053 -s rr -p 600
            -a -u 10.244.0.1:30053 -r 10.244.1.7:5353 -m -w 1
            -A -u 192.168.7.10:30053 -s rr -p 600
            -a -u 192.168.7.10:30053 -r 10.244.1.7:5353 -m -w 1
            """);
        assertThat(KernelText.ipset(plan, IpFamily.IPV4)).isEqualTo("""
            add KUBE-IPVS-IPS 10.96.0.10
            add KUBE-CLUSTER-IP 10.96.0.10,udp:53
            add KUBE-IPVS-NODE-PORT 10.244.0.1,udp:30053
            add KUBE-NODE-PORT-UDP 30053
            add KUBE-IPVS-NODE-PORT 192.168.7.10,udp:30053
            """);
    }

    @Test
    void loadBalancerAddressesCarryTheirSourceRanges() {
        PortPlan plan = render(resolved(
                ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                        .loadBalancer("203.0.113.10")
                        .sourceRanges("198.51.100.0/24", "192.168.7.0/24")
                        .externalPolicyLocal()
                        .healthCheckNodePort(32000)
                        .build(),
                local("10.244.0.5", 8080)));

        assertThat(KernelText.ipset(plan, IpFamily.IPV4)).isEqualTo("""
            add KUBE-IPVS-IPS 10.96.0.50
            add KUBE-CLUSTER-IP 10.96.0.50,tcp:80
            add KUBE-IPVS-IPS 203.0.113.10
            add KUBE-LOAD-BALANCER 203.0.113.10,tcp:80
            add KUBE-LOAD-BALANCER-LOCAL 203.0.113.10,tcp:80
            add KUBE-LOAD-BALANCER-FW 203.0.113.10,tcp:80
            add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.10,tcp:80,198.51.100.0/24
            add KUBE-LOAD-BALANCER-SOURCE-CIDR 203.0.113.10,tcp:80,192.168.7.0/24
            add KUBE-LOAD-BALANCER-SOURCE-IP 203.0.113.10,tcp:80,203.0.113.10
            add KUBE-HEALTH-CHECK-NODE-PORT 32000
            add KUBE-LOOP-BACK 10.244.0.5,tcp:8080,10.244.0.5
            """);
    }

    @Test
    void anAddressOfAnotherInterfaceIsServedButNotBound() {
        PortPlan plan = render(resolved(
                ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                        .externalIps("192.168.7.10", "203.0.113.11")
                        .build(),
                remote("10.244.1.7", 8080)));

        assertThat(plan.addresses()).containsExactly(IpAddress.of("10.96.0.50"), IpAddress.of("203.0.113.11"));
        assertThat(KernelText.ipset(plan, IpFamily.IPV4))
                .contains("add KUBE-EXTERNAL-IP 192.168.7.10,tcp:80")
                .doesNotContain("add KUBE-IPVS-IPS 192.168.7.10");
        assertThat(KernelText.ipvsadm(plan)).contains("-A -t 192.168.7.10:80 -s rr");
    }

    @Test
    void aLocalPolicyTakesTheLocalEndpointsAlone() {
        PortPlan plan = render(resolved(
                ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                        .externalIps("203.0.113.11")
                        .externalPolicyLocal()
                        .build(),
                local("10.244.0.5", 8080),
                remote("10.244.1.7", 8080)));

        assertThat(KernelText.ipvsadm(plan)).isEqualTo("""
            -A -t 10.96.0.50:80 -s rr
            -a -t 10.96.0.50:80 -r 10.244.0.5:8080 -m -w 1
            -a -t 10.96.0.50:80 -r 10.244.1.7:8080 -m -w 1
            -A -t 203.0.113.11:80 -s rr
            -a -t 203.0.113.11:80 -r 10.244.0.5:8080 -m -w 1
            """);
        assertThat(KernelText.ipset(plan, IpFamily.IPV4)).doesNotContain("DROP");
    }

    @Test
    void localPoliciesWithoutLocalEndpointsDrop() {
        PortPlan plan = render(resolved(
                ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                        .nodePort(30080)
                        .externalPolicyLocal()
                        .internalPolicyLocal()
                        .build(),
                remote("10.244.1.7", 8080)));

        assertThat(KernelText.ipset(plan, IpFamily.IPV4))
                .contains("add KUBE-DROP-INTERNAL 10.96.0.50,tcp:80\n")
                .contains("add KUBE-DROP-EXTERNAL 192.168.7.10,tcp:30080\n");
        assertThat(KernelText.ipvsadm(plan))
                .as("the node itself and its Pods still reach the cluster's endpoints from outside addresses")
                .isEqualTo("""
                    -A -t 10.96.0.50:80 -s rr
                    -A -t 10.244.0.1:30080 -s rr
                    -a -t 10.244.0.1:30080 -r 10.244.1.7:8080 -m -w 1
                    -A -t 192.168.7.10:30080 -s rr
                    -a -t 192.168.7.10:30080 -r 10.244.1.7:8080 -m -w 1
                    """);
    }

    @Test
    void withoutEndpointsTheVirtualServerIsEmptySoThatIpvsRefuses() {
        PortPlan plan = render(resolved(ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                .internalPolicyLocal()
                .build()));

        assertThat(KernelText.ipvsadm(plan)).isEqualTo("-A -t 10.96.0.50:80 -s rr\n");
        assertThat(KernelText.ipset(plan, IpFamily.IPV4)).doesNotContain("DROP");
    }

    @ParameterizedTest
    @CsvSource({
        "rr, -s rr",
        "lc, -s lc",
        "dh, -s dh",
        "sh, -s sh -b sh-fallback",
        "sed, -s sed",
        "nq, -s nq",
        "mh, '-s mh -b mh-fallback,mh-port'",
    })
    void everySchedulerIsPassedOnWithItsFlags(String scheduler, String text) {
        PortPlan plan = new PortRenderer(NODE)
                .render(
                        resolved(ServicePorts.tcp("shop/web", "10.96.0.50", 80).build()),
                        Scheduling.plain(Schedulers.Choice.of(scheduler)));

        assertThat(KernelText.ipvsadm(plan)).isEqualTo("-A -t 10.96.0.50:80 " + text + "\n");
    }

    @ParameterizedTest
    @CsvSource({
        "KUBE-LOOP-BACK, KUBE-6-LOOP-BACK",
        "KUBE-LOAD-BALANCER-SOURCE-CIDR, KUBE-6-LOAD-BALANCER-SOURCE-CID",
        "KUBE-NODE-PORT-LOCAL-SCTP-HASH, KUBE-6-NODE-PORT-LOCAL-SCTP-HAS",
        "KUBE-HEALTH-CHECK-NODE-PORT, KUBE-6-HEALTH-CHECK-NODE-PORT",
    })
    void setsOfIpv6HaveNamesOfTheirOwn(String v4, String v6) {
        KubeSet set = Arrays.stream(KubeSet.values())
                .filter(s -> s.nameIn(IpFamily.IPV4).equals(v4))
                .findFirst()
                .orElseThrow();
        assertThat(set.nameIn(IpFamily.IPV6)).isEqualTo(v6);
    }

    private static PortPlan render(ResolvedPort port) {
        return new PortRenderer(NODE).render(port, Scheduling.plain(Schedulers.Choice.of("rr")));
    }
}
