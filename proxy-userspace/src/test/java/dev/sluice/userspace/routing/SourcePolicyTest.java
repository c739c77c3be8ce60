// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.balance.Scheduler;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourcePolicyTest {
    private static final IpAddress ENDPOINT = IpAddress.of("10.244.1.2");
    private static final Locality LOCALITY =
            new Locality(Set.of(IpAddress.of("192.168.10.1")), List.of(Cidr.of("10.244.0.0/16")));

    /** The columns: cluster address, and a node port under policy Cluster and under policy Local. */
    @ParameterizedTest
    @CsvSource({
        "a Pod,               10.244.1.3,   true,  false, true",
        "the endpoint itself, 10.244.1.2,   false, false, false",
        "the node,            192.168.10.1, false, false, false",
        "loopback,            127.0.0.1,    false, false, false",
        "link-local,          169.254.7.7,  false, false, false",
        "from outside,        198.51.100.9, false, false, true",
    })
    void theClientIsKeptWhereIptablesModeDoesNotMasquerade(
            String who, String client, boolean cluster, boolean external, boolean local) {
        SourcePolicy policy = new SourcePolicy(true, false, true);
        assertThat(keeps(policy, web(), PortalScope.INTERNAL, client)).as(who).isEqualTo(cluster);
        assertThat(keeps(policy, web(), PortalScope.EXTERNAL, client)).as(who).isEqualTo(external);
        assertThat(keeps(policy, web().externalPolicyLocal(), PortalScope.EXTERNAL, client))
                .as(who)
                .isEqualTo(local);
        assertThat(keeps(SourcePolicy.NODE, web().externalPolicyLocal(), PortalScope.EXTERNAL, client))
                .as("a node that cannot")
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"10.244.1.3, true, false", "198.51.100.9, false, true"})
    void clusterAddressesDependOnTheDetectorAndOnMasqueradeAll(String client, boolean withPods, boolean always) {
        assertThat(keeps(new SourcePolicy(true, false, true), web(), PortalScope.INTERNAL, client))
                .isEqualTo(withPods);
        assertThat(keeps(new SourcePolicy(true, false, false), web(), PortalScope.INTERNAL, client))
                .as("without a detector")
                .isTrue();
        assertThat(keeps(new SourcePolicy(true, true, always), web(), PortalScope.INTERNAL, client))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"10.244.1.3"})
    void aServiceMayWantTheNode(String client) {
        PortBalancer balancer = new PortBalancer(
                Endpoints.resolved(web().build(), Endpoints.local(ENDPOINT.toString(), 80)),
                new ConnectionPolicy(Scheduler.RR, null, List.of(), null, null, 0, null, true),
                Endpoint::weight);
        assertThat(new SourcePolicy(true, false, true)
                        .keeps(balancer, PortalScope.INTERNAL, IpAddress.of(client), ENDPOINT, LOCALITY))
                .isFalse();
    }

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web:http", "10.96.0.50", 80).nodePort(30080);
    }

    private static boolean keeps(SourcePolicy policy, ServicePorts service, PortalScope scope, String client) {
        PortBalancer balancer =
                new PortBalancer(Endpoints.resolved(service.build(), Endpoints.local(ENDPOINT.toString(), 80)));
        return policy.keeps(balancer, scope, IpAddress.of(client), ENDPOINT, LOCALITY);
    }
}
