// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A listener that records its events: the resulting state, and the sequence of events in words. */
public class RecordingListener implements ClusterListener {
    private final Map<String, ServiceObject> services = new ConcurrentSkipListMap<>();
    private final Map<String, EndpointSliceObject> slices = new ConcurrentSkipListMap<>();
    private final Map<String, NodeObject> nodes = new ConcurrentSkipListMap<>();
    private final Map<String, List<String>> peers = new ConcurrentHashMap<>();
    private volatile boolean peersListed;
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final List<List<Problem>> problems = new CopyOnWriteArrayList<>();

    @Override
    public void accept(ClusterEvent event) {
        switch (event) {
            case ClusterEvent.ServiceUpdated(ServiceObject service) -> {
                services.put(service.name().toString(), service);
                log.add("service " + service.name());
            }
            case ClusterEvent.ServiceDeleted(ServiceName name) -> {
                services.remove(name.toString());
                log.add("service gone " + name);
            }
            case ClusterEvent.EndpointSliceUpdated(EndpointSliceObject slice) -> {
                slices.put(slice.namespace() + "/" + slice.name(), slice);
                log.add("slice " + slice.namespace() + "/" + slice.name());
            }
            case ClusterEvent.EndpointSliceDeleted(String namespace, String name) -> {
                slices.remove(namespace + "/" + name);
                log.add("slice gone " + namespace + "/" + name);
            }
            case ClusterEvent.NodeUpdated(NodeObject node) -> {
                nodes.put(node.name(), node);
                log.add("node " + node.name());
            }
            case ClusterEvent.NodeDeleted(String name) -> {
                nodes.remove(name);
                log.add("node gone " + name);
            }
            case ClusterEvent.ServiceRanges(String name, List<String> cidrs) -> log.add("ranges " + name + " " + cidrs);
            case ClusterEvent.PeerAddresses(String name, List<String> addresses) -> peers.put(name, addresses);
            case ClusterEvent.Listed(ResourceKind kind) when kind == ResourceKind.PEER -> peersListed = true;
            case ClusterEvent.Listed(ResourceKind kind) -> log.add("synced " + kind);
            case ClusterEvent.SourceProblems(List<Problem> now) -> problems.add(now);
        }
    }

    public Map<String, ServiceObject> services() {
        return new TreeMap<>(services);
    }

    public Map<String, EndpointSliceObject> slices() {
        return new TreeMap<>(slices);
    }

    public Map<String, NodeObject> nodes() {
        return new TreeMap<>(nodes);
    }

    /** The addresses of other Nodes, none of those that were deleted. */
    public Map<String, List<String>> peers() {
        return new TreeMap<>(peers);
    }

    public boolean arePeersListed() {
        return peersListed;
    }

    /** Everything but problems and other Nodes, in order. */
    public List<String> log() {
        return new ArrayList<>(log);
    }

    /** The problems as last reported. */
    public List<Problem> problems() {
        return problems.isEmpty() ? List.of() : problems.getLast();
    }

    /** Every list of problems that was reported. */
    public List<List<Problem>> everyProblems() {
        return new ArrayList<>(problems);
    }

    public boolean isSynced() {
        return log.containsAll(List.of("synced NODE", "synced SERVICE", "synced ENDPOINT_SLICE"));
    }
}
