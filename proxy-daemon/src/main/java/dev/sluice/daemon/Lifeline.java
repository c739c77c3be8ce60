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

    Lifeline(Set<IpFamily> families) {
        starting = EnumSet.copyOf(families);
    }

    @Override
    public void succeeded(Success success) {
        if (starting.remove(success.family()) && starting.isEmpty()) {
            log.info("in force: {}", success.report().inForce());
            // the first sync renders everything at once; one collection of a small heap returns that memory for good
            System.gc();
        }
    }

    /** Without the sync thread nothing would ever change again: better to be started anew. */
    @Override
    public void died(Throwable cause) {
        log.error("the sync thread has died; ending the process so that it is started again");
        Runtime.getRuntime().halt(1);
    }
}
