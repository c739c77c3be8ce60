// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.conntrack;

import dev.sluice.core.net.IpFamily;
import java.time.Duration;
import java.util.Map;

/** Notified of each clean-up of conntrack entries. */
public interface CleaningListener {

    /** @param deleted how many flows for which cause; nothing for those with none */
    void cleaned(IpFamily family, Map<DeletionCause, Integer> deleted, Duration took);

    /** The look failed, or the kernel refused to delete; it is done again at the next sync. */
    default void failed(IpFamily family) {}
}
