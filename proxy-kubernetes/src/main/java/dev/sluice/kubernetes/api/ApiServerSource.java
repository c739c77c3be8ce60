// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.ClusterSource;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.Selection;
import dev.sluice.core.source.ServiceObject;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An API server as the source: three informers, for the Services and EndpointSlices that {@link Selection} selects and
 * for the proxy's own Node. A lost connection is retried forever; then the informers list again and report what was
 * deleted meanwhile. Nothing is delivered again without a change: kube-proxy's periodic resync only makes up for lost
 * events, which a relist finds too.
 */
public final class ApiServerSource implements ClusterSource {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServerSource.class);
    private static final long NO_RESYNC = 0;

    private final ApiConnection connection;
    private final KubernetesClient client;
    private final String nodeName;
    private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
    private CompletableFuture<Void> warmUp = CompletableFuture.completedFuture(null);
    private volatile boolean closed;

    /**
     * Creates a source; {@link #start} starts it.
     *
     * @param connection closed by the caller, after this source
     * @param nodeName the Node that is watched
     */
    public ApiServerSource(ApiConnection connection, String nodeName) {
        this.connection = connection;
        this.client = connection.client();
        this.nodeName = nodeName;
    }

    @Override
    public synchronized void start(ClusterListener listener) {
        LOG.info("Watching Services, EndpointSlices and Node {} at {}", nodeName, connection.server());
        warmUp = connection.warmedUp().thenRun(() -> watch(listener)).exceptionally(failure -> {
            LOG.error("The watches could not be started", failure);
            return null;
        });
    }

    private synchronized void watch(ClusterListener listener) {
        if (closed) {
            return;
        }
        UnreadableResources problems = new UnreadableResources(list -> {
            if (!closed) {
                listener.accept(new ClusterEvent.SourceProblems(list));
            }
        });
        run(nodes(), NodeResource::stub, nodeHandler(listener, problems));
        run(services(), ServiceResource::stub, serviceHandler(listener, problems));
        run(slices(), EndpointSliceResource::stub, sliceHandler(listener, problems));
    }

    @Override
    public synchronized void close() {
        closed = true;
        warmUp.cancel(false);
        informers.forEach(SharedIndexInformer::stop);
        informers.clear();
    }

    private SharedIndexInformer<NodeResource> nodes() {
        return client.resources(NodeResource.class)
                .withField("metadata.name", nodeName)
                .runnableInformer(NO_RESYNC);
    }

    private SharedIndexInformer<ServiceResource> services() {
        return client.resources(ServiceResource.class)
                .inAnyNamespace()
                .withoutLabel(Selection.SERVICE_PROXY_NAME_LABEL)
                .withoutField("spec.clusterIP", "None")
                .runnableInformer(NO_RESYNC);
    }

    private SharedIndexInformer<EndpointSliceResource> slices() {
        return client.resources(EndpointSliceResource.class)
                .inAnyNamespace()
                .withoutLabel(Selection.HEADLESS_LABEL)
                .runnableInformer(NO_RESYNC);
    }

    private InformerHandler<NodeObject, NodeResource> nodeHandler(
            ClusterListener listener, UnreadableResources problems) {
        return new InformerHandler<>(
                ResourceKind.NODE,
                listener,
                problems,
                () -> closed,
                (identity, node) -> {
                    if (identity.name().equals(nodeName)) {
                        listener.accept(new ClusterEvent.NodeUpdated(node));
                    }
                },
                identity -> {
                    if (identity.name().equals(nodeName)) {
                        listener.accept(new ClusterEvent.NodeDeleted(identity.name()));
                    }
                });
    }

    /** Checks the selection again, for a server that does not know a selector. */
    private InformerHandler<ServiceObject, ServiceResource> serviceHandler(
            ClusterListener listener, UnreadableResources problems) {
        return new InformerHandler<>(
                ResourceKind.SERVICE,
                listener,
                problems,
                () -> closed,
                (identity, service) -> {
                    if (Selection.selectsService(service.labels(), service.clusterIp())) {
                        listener.accept(new ClusterEvent.ServiceUpdated(service));
                    } else {
                        listener.accept(new ClusterEvent.ServiceDeleted(service.name()));
                    }
                },
                identity -> listener.accept(
                        new ClusterEvent.ServiceDeleted(new ServiceName(identity.namespace(), identity.name()))));
    }

    private InformerHandler<EndpointSliceObject, EndpointSliceResource> sliceHandler(
            ClusterListener listener, UnreadableResources problems) {
        return new InformerHandler<>(
                ResourceKind.ENDPOINT_SLICE,
                listener,
                problems,
                () -> closed,
                (identity, slice) -> {
                    if (Selection.selectsSlice(slice.labels())) {
                        listener.accept(new ClusterEvent.EndpointSliceUpdated(slice));
                    } else {
                        listener.accept(new ClusterEvent.EndpointSliceDeleted(slice.namespace(), slice.name()));
                    }
                },
                identity ->
                        listener.accept(new ClusterEvent.EndpointSliceDeleted(identity.namespace(), identity.name())));
    }

    private <O, T extends WatchedResource<O>> void run(
            SharedIndexInformer<T> informer, UnaryOperator<T> toStub, InformerHandler<O, T> feed) {
        String kind = HasMetadata.getPlural(informer.getApiTypeClass());
        informers.add(informer);
        informer.removeNamespaceIndex();
        informer.itemStore(new StubStore<>(toStub));
        informer.exceptionHandler((started, failure) -> isRetried(kind, failure));
        informer.addEventHandler(feed);
        informer.start();
    }

    /** Always true. Failures of the connection are logged by {@link ConnectionLog}, all others here. */
    private boolean isRetried(String kind, Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (closed || cause instanceof IOException || cause instanceof KubernetesClientException) {
            LOG.debug("Listing and watching the {} again", kind, failure);
        } else {
            LOG.warn("The {} cannot be read and are listed again; the rules in force stay: {}", kind, cause.toString());
        }
        return true;
    }
}
