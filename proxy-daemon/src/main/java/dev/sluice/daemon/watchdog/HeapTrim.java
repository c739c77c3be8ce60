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
 * one collection of the small heap afterwards frees what only it needed.
 */
public final class HeapTrim implements SyncObserver {
    private static final Logger LOG = LoggerFactory.getLogger(HeapTrim.class);

    private final Set<IpFamily> starting;
    private final Heap heap;
    private long afterCollection = Long.MAX_VALUE / 2;

    /** The memory of the virtual machine. */
    interface Heap {
        /** Bytes in use, garbage included. */
        long used();

        /** Collects the garbage and returns memory to the system. */
        void collect();
    }

    /** @param families that are served */
    public HeapTrim(Set<IpFamily> families) {
        this(families, new Heap() {
            @Override
            public long used() {
                Runtime runtime = Runtime.getRuntime();
                return runtime.totalMemory() - runtime.freeMemory();
            }

            @Override
            public void collect() {
                System.gc();
            }
        });
    }

    HeapTrim(Set<IpFamily> families, Heap heap) {
        this.starting = EnumSet.copyOf(families);
        this.heap = heap;
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
