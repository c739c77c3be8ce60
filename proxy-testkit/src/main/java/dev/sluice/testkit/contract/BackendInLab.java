// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.model.EditableSnapshot;
import java.util.List;

/**
 * A backend of one family on the lab's node-a, with real rules, sets and sockets, and the snapshot that it syncs.
 *
 * @param <B> the backend
 */
public class BackendInLab<B extends ProxyBackend> implements AutoCloseable {
    public final Lab lab;
    public final IpFamily family;
    public final EditableSnapshot snapshot;
    public final B backend;

    /** Makes a backend in the namespace of node-a. */
    public interface Opener<B> {
        B open() throws Exception;
    }

    public BackendInLab(Lab lab, IpFamily family, Opener<B> opener) {
        this.lab = lab;
        this.family = family;
        snapshot = new EditableSnapshot(family)
                .node(new NodeFacts(
                        LabAddresses.NODE_A, "", List.of(LabAddresses.of(LabAddresses.NODE_A, family)), List.of()));
        backend = lab.node().call(opener::open);
    }

    /** Syncs what was put or removed since the last sync. */
    public final SyncReport sync() {
        return sync(snapshot.changes());
    }

    public final SyncReport sync(Changes since) {
        return lab.node().call(() -> backend.sync(snapshot, since));
    }

    public final void cleanUp() {
        lab.node().call(() -> {
            backend.cleanUp();
            return true;
        });
    }

    /** Removes everything from the node. */
    @Override
    public void close() {
        try {
            cleanUp();
        } finally {
            backend.close();
        }
    }
}
