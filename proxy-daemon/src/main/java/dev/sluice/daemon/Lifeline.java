package dev.sluice.daemon;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncObserver;
import java.util.EnumSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks after the process itself: ends it when its heart has stopped, and gives back what only the start needed. */
final class Lifeline implements SyncObserver {
    private static final Logger log = LoggerFactory.getLogger(Lifeline.class);

    private final Set<IpFamily> starting;
    private long afterCollection = Long.MAX_VALUE / 2;

    Lifeline(Set<IpFamily> families) {
        starting = EnumSet.copyOf(families);
    }

    @Override
    public void succeeded(Success success) {
        if (starting.remove(success.family()) && starting.isEmpty()) {
            log.info("in force: {}", success.report().inForce());
            collect();
        } else if (success.full() && used() > 2 * afterCollection) {
            collect();
        }
    }

    /** A full sync reads and renders everything at once; one collection of a small heap returns that memory for good. */
    private void collect() {
        System.gc();
        afterCollection = used();
    }

    private static long used() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** Without the sync thread nothing would ever change again: better to be started anew. */
    @Override
    public void died(Throwable cause) {
        log.error("the sync thread has died; ending the process so that it is started again");
        Runtime.getRuntime().halt(1);
    }
}
