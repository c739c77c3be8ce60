// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A state that fails when the test requests it. */
final class FailingState implements ClusterState {
    private final ClusterState state;

    @Nullable
    RuntimeException failure;

    FailingState(ClusterState state) {
        this.state = state;
    }

    private ClusterState state() {
        if (failure != null) {
            throw failure;
        }
        return state;
    }

    @Override
    public void update(ServiceObject service) {
        state().update(service);
    }

    @Override
    public void deleteService(ServiceName name) {
        state().deleteService(name);
    }

    @Override
    public Optional<SliceEffect> update(EndpointSliceObject slice) {
        return state().update(slice);
    }

    @Override
    public Optional<SliceEffect> deleteEndpointSlice(String namespace, String name) {
        return state().deleteEndpointSlice(namespace, name);
    }

    @Override
    public void update(NodeObject node) {
        state().update(node);
    }

    @Override
    public int pending(IpFamily family) {
        return state().pending(family);
    }

    @Override
    public SyncBatch take(IpFamily family) {
        return state().take(family);
    }

    @Override
    public ProxySnapshot snapshot(IpFamily family) {
        return state.snapshot(family);
    }

    @Override
    public List<Problem> problems() {
        return state.problems();
    }
}
