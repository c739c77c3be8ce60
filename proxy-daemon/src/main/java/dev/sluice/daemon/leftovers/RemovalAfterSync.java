// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.leftovers;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncObserver;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Removes leftovers once the rules of the mode in use are in force. So traffic has rules at every moment of a change of
 * modes, and afterwards those of one mode only.
 */
public final class RemovalAfterSync implements SyncObserver {
    private final Consumer<IpFamily> removal;
    private final Set<IpFamily> untried;
    private final Set<IpFamily> inForce = EnumSet.noneOf(IpFamily.class);
    private final Set<IpFamily> done = EnumSet.noneOf(IpFamily.class);

    /**
     * A removal that waits for the first syncs.
     *
     * @param families that are served
     * @param removal called once for each family that is in force, on the sync thread, once every family has tried its
     *     first sync: no family's sync waits for the removal in another
     */
    public RemovalAfterSync(Set<IpFamily> families, Consumer<IpFamily> removal) {
        this.untried = EnumSet.copyOf(families);
        this.removal = removal;
    }

    @Override
    public void succeeded(Success success) {
        inForce.add(success.family());
        tried(success.family());
    }

    @Override
    public void failed(Failure failure) {
        tried(failure.family());
    }

    private void tried(IpFamily family) {
        untried.remove(family);
        if (untried.isEmpty()) {
            for (IpFamily ready : inForce) {
                if (done.add(ready)) {
                    removal.accept(ready);
                }
            }
        }
    }
}
