// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import static dev.sluice.core.fixture.EndpointText.endpoints;
import static dev.sluice.core.fixture.EndpointText.numbers;
import static dev.sluice.core.model.ResolvedPort.Disposition.REJECT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ResolvedPort.Disposition;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CategorizerTest {
    private static final NodeFacts NODE = new NodeFacts("node-a", "zone-a", List.of(), List.of());

    /** The kinds of service port that categorisation distinguishes. */
    enum Kind {
        CLUSTER(false, false, false),
        INTERNAL_LOCAL(true, false, false),
        EXTERNAL_CLUSTER(false, false, true),
        EXTERNAL_LOCAL(false, true, true),
        INTERNAL_LOCAL_EXTERNAL_CLUSTER(true, false, true),
        BOTH_LOCAL(true, true, true);

        private final boolean internalLocal;
        private final boolean externalLocal;
        private final boolean nodePort;

        Kind(boolean internalLocal, boolean externalLocal, boolean nodePort) {
            this.internalLocal = internalLocal;
            this.externalLocal = externalLocal;
            this.nodePort = nodePort;
        }

        ServicePort port() {
            return new ServicePort(
                    new ServicePortName(new ServiceName("shop", "web"), "", Protocol.TCP),
                    80,
                    nodePort ? 30080 : 0,
                    ServicePort.Addresses.of(IpAddress.of("10.96.0.10")),
                    new ServicePort.Policies(externalLocal, internalLocal, 0, 0),
                    Map.of());
        }
    }

    private static ResolvedPort resolve(Kind kind, String endpoints) {
        return new ResolvedPort(kind.port(), Categorizer.categorize(endpoints(endpoints), kind.port(), NODE));
    }

    @ParameterizedTest
    @EnumSource
    void noEndpointsAtAllIsEmpty(Kind kind) {
        ResolvedPort port = resolve(kind, "");
        assertThat(port.endpoints()).isEqualTo(EndpointSet.EMPTY);
        assertThat(port.internalDisposition()).isEqualTo(REJECT);
        assertThat(port.externalDisposition()).isEqualTo(REJECT);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                // kind | endpoints | cluster | local | reachable | any
                "CLUSTER | 1 RS; 2 RS L; 3 S | 1 2 | '' | 1 2 | true",
                "CLUSTER | 1; 2 S; 3 T | '' | '' | '' | false",
                "EXTERNAL_CLUSTER | 1 RS; 2 RS L | 1 2 | '' | 1 2 | true",
                // terminating ones serve when nothing is ready, and only when they serve
                "CLUSTER | 1 ST; 2 T; 3 ST L | 1 3 | '' | 1 3 | true",
                "CLUSTER | 1 ST; 2 RS | 2 | '' | 2 | true",
                // not ready, serving, not terminating never counts
                "CLUSTER | 1 S; 2 S L | '' | '' | '' | false",
                "INTERNAL_LOCAL | 1 S L | '' | '' | '' | false",
                "INTERNAL_LOCAL | 1 RS; 2 RS L; 3 RS L | '' | 2 3 | 2 3 | true",
                "INTERNAL_LOCAL | 1 RS; 2 S L | '' | '' | '' | true",
                "INTERNAL_LOCAL | 1 ST | '' | '' | '' | true",
                "INTERNAL_LOCAL | 1 T | '' | '' | '' | false",
                "INTERNAL_LOCAL | 1 RS; 2 ST L; 3 T L | '' | 2 | 2 | true",
                "EXTERNAL_LOCAL | 1 RS; 2 RS L | 1 2 | 2 | 1 2 | true",
                "EXTERNAL_LOCAL | 1 RS | 1 | '' | 1 | true",
                // the two fall back on their own: remote ready ones for Cluster, local terminating ones for Local
                "EXTERNAL_LOCAL | 1 RS; 2 ST L | 1 | 2 | 1 2 | true",
                "EXTERNAL_LOCAL | 1 ST; 2 ST L | 1 2 | 2 | 1 2 | true",
                "INTERNAL_LOCAL_EXTERNAL_CLUSTER | 1 RS; 2 RS L | 1 2 | 2 | 1 2 | true",
                "BOTH_LOCAL | 1 RS; 2 ST L | 1 | 2 | 1 2 | true",
                // ready and terminating at once: publishNotReadyAddresses
                "CLUSTER | 1 RST | 1 | '' | 1 | true",
                "INTERNAL_LOCAL | 1 RST L; 2 ST L | '' | 1 | 1 | true",
                // Local ignores hints, Cluster does not
                "EXTERNAL_LOCAL | 1 RS z=zone-a; 2 RS L z=zone-b | 1 | 2 | 1 2 | true",
            })
    void categories(Kind kind, String endpoints, String cluster, String local, String reachable, boolean any) {
        EndpointSet set = resolve(kind, endpoints).endpoints();
        assertThat(numbers(set.cluster())).as("cluster").isEqualTo(cluster);
        assertThat(numbers(set.local())).as("local").isEqualTo(local);
        assertThat(numbers(set.reachable())).as("reachable").isEqualTo(reachable);
        assertThat(set.hasUsable()).as("any").isEqualTo(any);
        assertThat(set.all()).isEqualTo(endpoints(endpoints));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                // node hints: every ready endpoint has one, and one names this node
                "1 RS n=node-a; 2 RS n=node-b | 1",
                "1 RS n=node-a,node-b; 2 RS n=node-a | 1 2",
                "1 RS n=node-a; 2 RS | 1 2",
                "1 RS n=node-b; 2 RS n=node-c | 1 2",
                "1 RS n=node-b z=zone-a; 2 RS n=node-c z=zone-b | 1",
                "1 RS n=node-a z=zone-b; 2 RS n=node-b z=zone-a | 1",
                "1 RS n=node-a z=zone-a; 2 RS z=zone-b | 1",
                // zone hints
                "1 RS z=zone-a; 2 RS z=zone-b | 1",
                "1 RS z=zone-a,zone-b; 2 RS z=zone-b | 1",
                "1 RS z=zone-a; 2 RS | 1 2",
                "1 RS z=zone-b; 2 RS z=zone-c | 1 2",
                // only the hints of ready endpoints are read
                "1 RS z=zone-a; 2 S; 3 RS z=zone-b | 1",
                "1 RS; 2 S z=zone-a | 1",
                // the terminating fallback ignores hints
                "1 ST z=zone-b; 2 ST n=node-b | 1 2",
            })
    void topology(String endpoints, String cluster) {
        assertThat(numbers(resolve(Kind.CLUSTER, endpoints).endpoints().cluster()))
                .isEqualTo(cluster);
    }

    @Test
    void nodeWithoutZoneNeverMatchesZoneHints() {
        NodeFacts nowhere = NodeFacts.unknown("node-a");
        List<Endpoint> all = endpoints("1 RS z=zone-a; 2 RS z=zone-b");
        assertThat(Categorizer.categorize(all, Kind.CLUSTER.port(), nowhere).cluster())
                .isEqualTo(all);
        List<Endpoint> emptyHint = endpoints("1 RS z=; 2 RS z=zone-b");
        assertThat(Categorizer.categorize(emptyHint, Kind.CLUSTER.port(), nowhere)
                        .cluster())
                .isEqualTo(emptyHint);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                // kind | endpoints | to the cluster address | from outside, where there is an outside
                "CLUSTER | 1 RS | FORWARD |",
                "CLUSTER | 1 S | REJECT |",
                "INTERNAL_LOCAL | 1 RS | DROP |",
                "INTERNAL_LOCAL | 1 RS L | FORWARD |",
                "INTERNAL_LOCAL | 1 S L | REJECT |",
                "EXTERNAL_LOCAL | 1 RS | FORWARD | DROP",
                "EXTERNAL_LOCAL | 1 RS L | FORWARD | FORWARD",
                "EXTERNAL_LOCAL | 1 T L | REJECT | REJECT",
                "BOTH_LOCAL | 1 RS | DROP | DROP",
                "INTERNAL_LOCAL_EXTERNAL_CLUSTER | 1 RS | DROP | FORWARD",
            })
    void dispositionTellsDropFromReject(
            Kind kind, String endpoints, Disposition internal, @Nullable Disposition external) {
        ResolvedPort port = resolve(kind, endpoints);
        assertThat(port.internalDisposition()).isEqualTo(internal);
        assertThat(port.service().externallyAccessible() ? port.externalDisposition() : null)
                .isEqualTo(external);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CLUSTER | 1 RS | 0 | 0",
                "INTERNAL_LOCAL | 1 RS | 1 | 0",
                "INTERNAL_LOCAL | 1 RS L | 0 | 0",
                "INTERNAL_LOCAL | 1 S | 0 | 0",
                "EXTERNAL_LOCAL | 1 RS | 0 | 1",
                "BOTH_LOCAL | 1 RS | 1 | 1",
                "BOTH_LOCAL | 1 ST L | 0 | 0",
            })
    void withoutLocalCountsPortsThatHaveEndpointsElsewhereOnly(
            Kind kind, String endpoints, int internal, int external) {
        assertThat(NoLocalEndpoints.of(resolve(kind, endpoints))).isEqualTo(new NoLocalEndpoints(internal, external));
    }

    @Test
    void equalListsAreShared() {
        EndpointSet set = resolve(Kind.CLUSTER, "1 RS; 2 RS").endpoints();
        assertThat(set.cluster()).isSameAs(set.all());
        assertThat(set.reachable()).isSameAs(set.all());
        EndpointSet some = resolve(Kind.CLUSTER, "1 RS; 2 S").endpoints();
        assertThat(some.reachable()).isSameAs(some.cluster());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"1 RS L; 2 RS L; 3 RS | 2", "1 ST L; 2 S L | 0", "1 RS L; 2 ST L | 1", "'' | 0", "1 RST L | 1"})
    void localReadinessCountsReadyOnesOfThisNode(String endpoints, int expected) {
        ResolvedPort port = resolve(Kind.EXTERNAL_LOCAL, endpoints);
        assertThat(LocalReadiness.of(32000, List.of(port))).isEqualTo(new LocalReadiness(32000, expected));
    }

    @Test
    void localReadinessCountsAddressesNotPorts() {
        ResolvedPort http = resolve(Kind.EXTERNAL_LOCAL, "1 RS L; 2 RS L");
        ResolvedPort https = resolve(Kind.EXTERNAL_LOCAL, "2 RS L; 3 RS L");
        assertThat(LocalReadiness.of(32000, List.of(http, https)).endpoints()).isEqualTo(3);
    }
}
