package dev.sluice.daemon.conntrack;

import dev.sluice.core.net.IpFamily;
import java.time.Duration;
import java.util.Map;

/** Hears of each look at the tracked flows. */
public interface CleaningListener {

    /** @param deleted how many flows for which cause; nothing for those with none */
    void cleaned(IpFamily family, Map<DeletionCause, Integer> deleted, Duration took);

    /** The look failed, or the kernel refused to delete; it is done again at the next sync. */
    default void failed(IpFamily family) {}
}
