// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.Selection;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.kubernetes.api.reflector.Reflector;
import dev.sluice.kubernetes.api.reflector.Restores;
import dev.sluice.kubernetes.api.reflector.UnreadableObjects;
import dev.sluice.kubernetes.api.reflector.WatchedResource;
import dev.sluice.kubernetes.read.EndpointSliceReader;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.NodeReader;
import dev.sluice.kubernetes.read.ServiceCidrReader;
import dev.sluice.kubernetes.read.ServiceReader;
import dev.sluice.kubernetes.read.StringPool;
import dev.sluice.kubernetes.snapshot.PreloadableSource;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An API server as the source: a {@link Reflector} each, on its own thread, for the Services and EndpointSlices that
 * {@link Selection} selects and for the proxy's own Node; where a mode binds Services' addresses, also for all other
 * Nodes from the first Service on that has an external or load balancer address, and where a mode uses them, for
 * ServiceCIDRs. A lost connection is retried forever,
 * and nothing is deleted because of it. Nothing is delivered again without a change: kube-proxy's periodic resync only
 * makes up for lost events, which a relist finds too.
 */
public final class ApiServerSource implements PreloadableSource {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServerSource.class);

    private final ApiConnection connection;
    private final String nodeName;
    private final boolean peers;
    private final boolean serviceRanges;
    private final StringPool strings = new StringPool();
    private final Restores restores = new Restores();
    private final Map<ResourceKind, Reflector> reflectors = new EnumMap<>(ResourceKind.class);
    private final List<Thread> threads = new ArrayList<>();
    private @Nullable ClusterListener peerListener;
    private volatile boolean closed;

    /**
     * Creates a source; {@link #start} starts it.
     *
     * @param connection closed by the caller, after this source
     * @param nodeName the Node that is watched
     * @param peers whether a mode needs the addresses of other Nodes
     * @param serviceRanges whether a mode uses ServiceCIDRs
     */
    public ApiServerSource(ApiConnection connection, String nodeName, boolean peers, boolean serviceRanges) {
        this.connection = connection;
        this.nodeName = nodeName;
        this.peers = peers;
        this.serviceRanges = serviceRanges;
    }

    /** Never delivers ServiceCIDRs. */
    public ApiServerSource(ApiConnection connection, String nodeName, boolean peers) {
        this(connection, nodeName, peers, false);
    }

    /** Never delivers other Nodes or ServiceCIDRs. */
    public ApiServerSource(ApiConnection connection, String nodeName) {
        this(connection, nodeName, false);
    }

    @Override
    public synchronized void start(ClusterListener listener) {
        LOG.atInfo()
                .addKeyValue("node", nodeName)
                .addKeyValue("server", connection.server())
                .log("Watching Services, EndpointSlices and the Node");
        ClusterListener whileOpen = new WhileOpen(listener);
        UnreadableObjects problems =
                new UnreadableObjects(list -> whileOpen.accept(new ClusterEvent.SourceProblems(list)));
        peerListener = peers ? whileOpen : null;
        for (WatchedResource resource : List.of(node(), services(), slices())) {
            start(resource, whileOpen, problems);
        }
        if (serviceRanges) {
            start(serviceCidrs(), whileOpen, problems);
        }
    }

    private void start(WatchedResource resource, ClusterListener listener, UnreadableObjects problems) {
        ApiObserver observer = connection.observer();
        if (!resource.kind().isOptional()) {
            observer.begun(resource.kind());
        }
        Reflector reflector = new Reflector(
                resource,
                connection.requests(),
                listener,
                problems,
                restores,
                new WatchReport(resource, connection.log(), observer),
                connection.timing());
        Thread thread = SupervisedThread.restarting("api-" + resource.plural(), () -> untilClosed(reflector));
        thread.start();
        threads.add(thread);
        reflectors.put(resource.kind(), reflector);
    }

    /** Watches all Nodes, once. Not from the start: a Node changes often, and most clusters need none of this. */
    private synchronized void watchPeers(String reason) {
        ClusterListener listener = peerListener;
        if (listener != null && !closed) {
            peerListener = null;
            LOG.atInfo().addKeyValue("reason", reason).log("Watching all Nodes too");
            start(allNodes(), listener, new UnreadableObjects(list -> {}));
        }
    }

    /** What ends although nobody closed the source begins again: the node would be deaf without it. */
    private void untilClosed(Reflector reflector) {
        reflector.run();
        if (!closed) {
            Thread.interrupted();
            throw new IllegalStateException("it ended, and nobody had asked it to");
        }
    }

    @Override
    public boolean preload(ResourceKind kind, Set<ObjectRef.Resource> objects, Runnable delivery) {
        if (kind == ResourceKind.PEER) {
            watchPeers("those of the snapshot are used");
        }
        @Nullable Reflector reflector;
        synchronized (this) {
            reflector = reflectors.get(kind);
        }
        return reflector != null && !closed && reflector.preload(objects, delivery);
    }

    @Override
    public synchronized void close() {
        closed = true;
        threads.forEach(Thread::interrupt);
        threads.clear();
    }

    private WatchedResource node() {
        return new WatchedResource(
                ResourceKind.NODE,
                "/api/v1/nodes",
                selector("fieldSelector", "metadata.name=" + nodeName),
                fields -> {
                    NodeObject node = NodeReader.read(fields);
                    return node.name().equals(nodeName) ? List.of(new ClusterEvent.NodeUpdated(node)) : List.of();
                },
                (namespace, name) -> name.equals(nodeName) ? List.of(new ClusterEvent.NodeDeleted(name)) : List.of(),
                strings);
    }

    private WatchedResource allNodes() {
        return new WatchedResource(
                ResourceKind.PEER,
                "/api/v1/nodes",
                "",
                fields -> {
                    NodeObject node = NodeReader.read(fields);
                    return peer(node.name(), node.addresses());
                },
                (namespace, name) -> peer(name, List.of()),
                strings);
    }

    private List<ClusterEvent> peer(String name, List<String> addresses) {
        return name.equals(nodeName) ? List.of() : List.of(new ClusterEvent.PeerAddresses(name, addresses));
    }

    private WatchedResource serviceCidrs() {
        return new WatchedResource(
                ResourceKind.SERVICE_CIDR,
                "/apis/networking.k8s.io/v1/servicecidrs",
                "",
                fields -> List.of(ServiceCidrReader.read(fields)),
                (namespace, name) -> List.of(new ClusterEvent.ServiceRanges(name, List.of())),
                strings);
    }

    private WatchedResource services() {
        return new WatchedResource(
                ResourceKind.SERVICE,
                "/api/v1/services",
                selector("labelSelector", "!" + Selection.SERVICE_PROXY_NAME_LABEL) + "&"
                        + selector("fieldSelector", "spec.clusterIP!=None"),
                fields -> List.of(service(fields)),
                (namespace, name) -> List.of(new ClusterEvent.ServiceDeleted(new ServiceName(namespace, name))),
                strings);
    }

    private WatchedResource slices() {
        return new WatchedResource(
                ResourceKind.ENDPOINT_SLICE,
                "/apis/discovery.k8s.io/v1/endpointslices",
                selector("labelSelector", "!" + Selection.HEADLESS_LABEL),
                fields -> List.of(slice(fields)),
                (namespace, name) -> List.of(new ClusterEvent.EndpointSliceDeleted(namespace, name)),
                strings);
    }

    /** Checks the selection again, for a server that does not know a selector. */
    private ClusterEvent service(Fields fields) {
        ServiceObject service = ServiceReader.read(fields);
        if (!Selection.selectsService(service.labels(), service.clusterIp())) {
            return new ClusterEvent.ServiceDeleted(service.name());
        }
        if (!service.addresses().externalIps().isEmpty()
                || !service.loadBalancer().ingress().isEmpty()) {
            watchPeers("Service " + service.name() + " has an external address, which could be one's");
        }
        return new ClusterEvent.ServiceUpdated(service);
    }

    private static ClusterEvent slice(Fields fields) {
        EndpointSliceObject slice = EndpointSliceReader.read(fields);
        return Selection.selectsSlice(slice.labels())
                ? new ClusterEvent.EndpointSliceUpdated(slice)
                : new ClusterEvent.EndpointSliceDeleted(slice.namespace(), slice.name());
    }

    private static String selector(String parameter, String value) {
        return parameter + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    /** Delivers nothing after the source was closed. */
    private final class WhileOpen implements ClusterListener {
        private final ClusterListener listener;

        private WhileOpen(ClusterListener listener) {
            this.listener = listener;
        }

        @Override
        public void accept(ClusterEvent event) {
            if (!closed) {
                listener.accept(event);
            }
        }

        @Override
        public void acceptAll(List<ClusterEvent> events) {
            if (!closed) {
                listener.acceptAll(events);
            }
        }
    }
}
