// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.watchdog;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.sync.SyncReport;
import java.util.EnumSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An observer that returns the memory of full syncs to the system. A full sync reads and renders everything at once;
 * one collection of the small heap afterwards frees what only it needed. Of the virtual machine and its ahead-of-time
 * cache those pages go that only a start reads, 5 MiB and more.
 */
public final class HeapTrim implements SyncObserver {
    private static final Logger LOG = LoggerFactory.getLogger(HeapTrim.class);

    /** The memory of a process that has some thousand Services, in bytes. */
    private static final long MANY_SERVICES = 24L << 20;

    private final Set<IpFamily> starting;
    private final ProcessHeap heap;
    private long afterCollection = Long.MAX_VALUE / 2;
    private boolean begun;

    /** @param families that are served */
    public HeapTrim(Set<IpFamily> families, ProcessHeap heap) {
        this.starting = EnumSet.copyOf(families);
        this.heap = heap;
    }

    /**
     * The young generation gets its size by a collection of everything, in proportion to what lives. One that is small
     * for what a first sync renders would send much of that to the old generation, which then only grows.
     */
    @Override
    public void begun(IpFamily family, boolean full) {
        if (!begun && heap.used() > MANY_SERVICES) {
            heap.collect();
        }
        begun = true;
    }

    @Override
    public void succeeded(Success success) {
        if (starting.remove(success.family()) && starting.isEmpty()) {
            LOG.atInfo()
                    .addKeyValue("family", success.family())
                    .log("in force: {}", success.report().applied());
            collect();
        } else if (success.full()) {
            collectIfDoubled();
        }
    }

    /**
     * A comparison of everything costs as much as a full sync; one follows right after the start, when the watch opens.
     */
    @Override
    public void repaired(IpFamily family, SyncReport report) {
        if (report.full()) {
            collectIfDoubled();
        }
    }

    private void collectIfDoubled() {
        if (heap.used() > 2 * afterCollection) {
            collect();
        }
    }

    private void collect() {
        heap.collect();
        afterCollection = heap.used();
    }
}
