// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ReadinessUpdate;
import dev.sluice.core.sync.SyncObserver.Success;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.kubernetes.EventSink;
import dev.sluice.kubernetes.EventSink.Scope;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProblemEventsTest {
    private static final Problem BAD =
            Problem.skipped(ObjectRef.service(new ServiceName("shop", "web")), "spec.clusterIP", "absent");
    private static final Problem SLICE = Problem.ignored(ObjectRef.endpointSlice("shop", "web-x1"), "", "odd");

    private final RecordingSink sink = new RecordingSink();
    private final List<EventSink.Event> sent = sink.sent;
    private final ProblemEvents events = new ProblemEvents(sink);

    @Test
    void aProblemIsToldOnceAndAgainWhenItComesBack() {
        events.problems(List.of(BAD));
        events.problems(List.of(BAD, SLICE));
        assertThat(sent).extracting(EventSink.Event::reason).containsExactly("NotProgrammed", "ValueIgnored");
        assertThat(sent).extracting(EventSink.Event::note).containsExactly("spec.clusterIP: absent", "odd");
        assertThat(sent)
                .extracting(EventSink.Event::regarding)
                .containsExactly(
                        ObjectRef.service(new ServiceName("shop", "web")), ObjectRef.endpointSlice("shop", "web-x1"));
        events.problems(List.of(SLICE));
        events.problems(List.of(BAD));
        assertThat(sent).hasSize(3);
    }

    @Test
    void whatTheKernelOfThisNodeRefusesIsTheNodesOwnProblem() {
        Problem refused =
                Problem.skipped(ObjectRef.service(new ServiceName("shop", "odd")), "http", "refused by the kernel");
        events.succeeded(new Success(
                IpFamily.IPV4,
                true,
                new SyncReport(true, KernelCost.NONE, List.of(refused), Map.of()),
                Duration.ZERO,
                List.of(),
                0,
                0,
                NoLocalEndpoints.NONE,
                ReadinessUpdate.NONE));
        events.problems(List.of(BAD, refused));
        assertThat(sent).extracting(EventSink.Event::scope).containsExactly(Scope.EVERY_NODE, Scope.THIS_NODE);
    }

    @Test
    void filesHaveNoEvents() {
        events.problems(List.of(
                Problem.skipped(ObjectRef.manifest("shop.yaml"), "line 12", "odd"),
                Problem.skipped(ObjectRef.manifest("/a b/c"), "", "odd"),
                Problem.ignored(ObjectRef.node("node-a"), "", "odd")));
        assertThat(sent).isEmpty();
    }
}
