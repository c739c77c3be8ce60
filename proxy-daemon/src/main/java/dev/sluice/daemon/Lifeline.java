package dev.sluice.daemon;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.sync.SyncReport;
import java.util.EnumSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks after the process itself: ends it when its heart has stopped, and gives back what only the start needed. */
final class Lifeline implements SyncObserver {
    private static final Logger LOG = LoggerFactory.getLogger(Lifeline.class);

    private final Set<IpFamily> starting;
    private final Heap heap;
    private long afterCollection = Long.MAX_VALUE / 2;

    /** The memory of the virtual machine. */
    interface Heap {
        /** Bytes in use, garbage included. */
        long used();

        /** Drops the garbage and gives memory back to the system. */
        void collect();
    }

    Lifeline(Set<IpFamily> families) {
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

    Lifeline(Set<IpFamily> families, Heap heap) {
        this.starting = EnumSet.copyOf(families);
        this.heap = heap;
    }

    @Override
    public void succeeded(Success success) {
        if (starting.remove(success.family()) && starting.isEmpty()) {
            LOG.info("in force: {}", success.report().applied());
            collect();
        } else if (success.full()) {
            collectIfDoubled();
        }
    }

    /** A comparison of everything is a full sync, too; one follows right after the start, when the rule watch opens. */
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

    /** A full sync reads and renders everything at once; one collection of a small heap returns that memory for good. */
    private void collect() {
        heap.collect();
        afterCollection = heap.used();
    }

    /** Without the sync thread nothing would ever change again: better to be started anew. */
    @Override
    public void died(Throwable cause) {
        LOG.error("the sync thread has died; ending the process so that it is started again");
        Runtime.getRuntime().halt(1);
    }
}
