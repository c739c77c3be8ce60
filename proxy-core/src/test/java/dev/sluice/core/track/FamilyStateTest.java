// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncBatch;
import dev.sluice.core.track.PortalRegistry.Claimant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FamilyStateTest {
    private final ProblemsBySource problems = new ProblemsBySource();
    private final List<ServiceName> poisonous = new ArrayList<>();
    private final FamilyState state = state();

    private FamilyState state() {
        PortalRegistry portals = new PortalRegistry();
        PortResolution resolution = new PortResolution(portals);
        return new FamilyState(
                IpFamily.IPV4, NodeFacts.unknown("node-a"), problems, portals, (service, node, found) -> {
                    if (service.declared().stream().anyMatch(c -> poisonous.contains(c.service()))) {
                        throw new IllegalStateException("made by the test");
                    }
                    return resolution.resolve(service, node, found);
                });
    }

    private void declare(String name, String clusterIp, int port) {
        List<Claimant> ports = ServiceParser.parse(
                        service("shop/" + name)
                                .clusterIp(clusterIp)
                                .port("", port)
                                .build(),
                        IpFamily.IPV4)
                .declared()
                .stream()
                .map(p -> new Claimant(p, 0))
                .toList();
        state.declare(new ServiceName("shop", name), ports);
    }

    private List<String> changed(SyncBatch batch) {
        return batch.changes().ports().stream().map(Object::toString).sorted().toList();
    }

    @Test
    void serviceThatCannotBeResolvedIsLeftOutAndTheOthersStand() {
        ServiceName bad = new ServiceName("shop", "bad");
        declare("bad", "10.96.0.1", 80);
        declare("good", "10.96.0.2", 80);
        assertThat(changed(state.take())).containsExactly("shop/bad", "shop/good");
        poisonous.add(bad);
        declare("bad", "10.96.0.1", 81);
        declare("good", "10.96.0.2", 81);
        SyncBatch batch = state.take();
        assertThat(changed(batch)).containsExactly("shop/bad", "shop/good");
        assertThat(batch.snapshot().ports())
                .extracting(p -> p.name().toString())
                .containsExactly("shop/good");
        assertThat(problems.all())
                .containsExactly(Problem.skipped(
                        ObjectRef.service(new ServiceName("shop", "bad")),
                        "",
                        "left out because of an internal error: java.lang.IllegalStateException: made by the test"));
        assertThat(state.pending()).isZero();
        poisonous.clear();
        declare("bad", "10.96.0.1", 82);
        assertThat(changed(state.take())).containsExactly("shop/bad");
        assertThat(problems.all()).isEmpty();
    }
}
