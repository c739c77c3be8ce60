// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.EndpointBuilder.endpoint;
import static dev.sluice.core.fixture.ServiceBuilder.service;
import static dev.sluice.core.fixture.SliceBuilder.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.fixture.ManualClock;
import dev.sluice.core.model.AddressOwner;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncBatch;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Other nodes and endpoints at the external addresses of Services. */
class AddressOwnersTest {
    private static final ServiceName WEB = new ServiceName("shop", "web");
    private static final ServicePortName PORT = new ServicePortName(WEB, "http", Protocol.TCP);
    private static final IpAddress EXTERNAL = IpAddress.of("192.168.7.11");
    private static final IpAddress VIP = IpAddress.of("203.0.113.10");

    private final ChangeTracker tracker =
            new ChangeTracker("node-a", EnumSet.allOf(IpFamily.class), new ManualClock(0)).withAddressOwners();

    private static ServiceObject web() {
        return service("shop/web")
                .type("LoadBalancer")
                .port("http", 80)
                .externalIps("192.168.7.11")
                .ingress("203.0.113.10", "")
                .build();
    }

    private static EndpointSliceObject others(String... addresses) {
        return slice("shop/other-1", "other").tcp("http", 8080).ready(addresses).build();
    }

    private Changes take() {
        SyncBatch batch = tracker.take(IpFamily.IPV4);
        return batch.changes();
    }

    private Map<IpAddress, AddressOwner> owners() {
        return Objects.requireNonNull(tracker.snapshot(IpFamily.IPV4).port(PORT))
                .service()
                .addresses()
                .owners();
    }

    @Test
    void anotherNodeIsKnownBeforeAndAfterTheService() {
        tracker.updatePeer("node-b", List.of("192.168.7.11", "fd00:7::11", "node-b.example.org"));
        tracker.update(web());
        take();
        assertThat(owners()).containsExactly(Map.entry(EXTERNAL, AddressOwner.NODE));

        tracker.updatePeer("node-b", List.of("203.0.113.10"));
        assertThat(take()).isEqualTo(Changes.of(Set.of(PORT)));
        assertThat(owners()).containsExactly(Map.entry(VIP, AddressOwner.NODE));

        tracker.updatePeer("node-b", List.of());
        assertThat(take()).isEqualTo(Changes.of(Set.of(PORT)));
        assertThat(owners()).isEmpty();
    }

    @Test
    void anEndpointOfAnyServiceCountsWhetherReadyOrNot() {
        tracker.update(web());
        take();
        tracker.update(slice("shop/other-1", "other")
                .tcp("http", 8080)
                .add(endpoint("192.168.7.11").conditions(false, false, true))
                .build());
        assertThat(take().ports()).containsExactly(PORT);
        assertThat(owners()).containsExactly(Map.entry(EXTERNAL, AddressOwner.ENDPOINT));

        tracker.update(slice("shop/more-1", "more")
                .tcp("http", 8080)
                .ready("192.168.7.11")
                .build());
        tracker.deleteEndpointSlice("shop", "other-1");
        take();
        assertThat(owners()).as("the other slice has it still").hasSize(1);

        tracker.deleteEndpointSlice("shop", "more-1");
        assertThat(take().ports()).contains(PORT);
        assertThat(owners()).isEmpty();
    }

    @Test
    void aNodeComesBeforeItsEndpoints() {
        tracker.update(others("192.168.7.11"));
        tracker.updatePeer("node-b", List.of("192.168.7.11"));
        tracker.update(web());
        take();
        assertThat(owners()).containsExactly(Map.entry(EXTERNAL, AddressOwner.NODE));
    }

    @Test
    void theNodeItselfIsNoOther() {
        tracker.update(web());
        tracker.updatePeer("node-a", List.of("192.168.7.11"));
        take();
        assertThat(owners()).isEmpty();
    }

    @Test
    void whatNoServiceClaimsTouchesNone() {
        tracker.update(web());
        take();
        long before = tracker.family(IpFamily.IPV4).resolutions();
        for (int i = 0; i < 100; i++) {
            tracker.updatePeer("node-" + i, List.of("192.168.8." + i));
        }
        assertThat(tracker.pending(IpFamily.IPV4)).isZero();
        take();
        assertThat(tracker.family(IpFamily.IPV4).resolutions()).isEqualTo(before);
    }

    @Test
    void theNodesAreUnknownUntilTheyAreListed() {
        tracker.update(web());
        take();
        assertThat(tracker.snapshot(IpFamily.IPV4).knowsPeers()).isFalse();
        tracker.peersListed();
        assertThat(take().everything()).isTrue();
        assertThat(tracker.snapshot(IpFamily.IPV4).knowsPeers()).isTrue();
        tracker.peersListed();
        assertThat(tracker.pending(IpFamily.IPV4)).isZero();
    }

    @Test
    void nothingIsKeptOfWhatIsGone() {
        tracker.update(web());
        tracker.update(others("192.168.7.11", "10.244.1.7"));
        tracker.updatePeer("node-b", List.of("192.168.7.11"));
        take();
        tracker.deleteService(WEB);
        tracker.deleteEndpointSlice("shop", "other-1");
        tracker.updatePeer("node-b", List.of());
        take();
        AddressOwners held = tracker.family(IpFamily.IPV4).owners();
        assertThat(Objects.requireNonNull(held).size()).isZero();
    }

    @Test
    void aModeThatBindsNothingNeedsNoneOfThis() {
        ChangeTracker plain = new ChangeTracker("node-a", EnumSet.allOf(IpFamily.class), new ManualClock(0));
        plain.updatePeer("node-b", List.of("192.168.7.11"));
        plain.update(web());
        SyncBatch batch = plain.take(IpFamily.IPV4);
        assertThat(Objects.requireNonNull(batch.snapshot().port(PORT))
                        .service()
                        .addresses()
                        .owners())
                .isEmpty();
        assertThat(batch.snapshot().knowsPeers()).isTrue();
    }
}
