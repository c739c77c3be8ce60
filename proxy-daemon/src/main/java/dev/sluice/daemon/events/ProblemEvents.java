// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.events;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.kubernetes.EventSink;
import dev.sluice.kubernetes.EventSink.Scope;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Sends a Warning Event about each Service or EndpointSlice with a problem, once when the problem begins; the log
 * reports its end. Every node finds an error in the object itself; a refusal by this node's kernel may concern this
 * node alone.
 */
public final class ProblemEvents implements SyncObserver {
    private static final String ACTION = "SyncProxyRules";

    private final EventSink events;
    private final Map<IpFamily, List<Problem>> ofBackends = new EnumMap<>(IpFamily.class);
    private Set<Problem> known = Set.of();

    public ProblemEvents(EventSink events) {
        this.events = events;
    }

    @Override
    public void succeeded(Success success) {
        ofBackends.put(success.family(), success.report().problems());
    }

    @Override
    public void problems(List<Problem> current) {
        Set<Problem> now = new HashSet<>(current);
        Set<Problem> ofThisNode = new HashSet<>();
        ofBackends.values().forEach(ofThisNode::addAll);
        current.stream()
                .filter(problem -> !known.contains(problem))
                .forEach(problem -> regarding(problem)
                        .ifPresent(r -> events.send(
                                event(r, problem, ofThisNode.contains(problem) ? Scope.THIS_NODE : Scope.EVERY_NODE))));
        known = now;
    }

    private static EventSink.Event event(ObjectRef.Resource regarding, Problem problem, Scope scope) {
        String reason = switch (problem.severity()) {
            case SKIPPED -> "NotProgrammed";
            case IGNORED -> "ValueIgnored";
        };
        String note = problem.field().isEmpty() ? problem.message() : problem.field() + ": " + problem.message();
        return new EventSink.Event(regarding, EventSink.Type.WARNING, reason, ACTION, note, scope);
    }

    /** The Service or EndpointSlice; empty where the API server has no such object. */
    private static Optional<ObjectRef.Resource> regarding(Problem problem) {
        return problem.object() instanceof ObjectRef.Resource resource
                        && resource.kind() != ResourceKind.NODE
                        && !resource.namespace().isEmpty()
                ? Optional.of(resource)
                : Optional.empty();
    }
}
