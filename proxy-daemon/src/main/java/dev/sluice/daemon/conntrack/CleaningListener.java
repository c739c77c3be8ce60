// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.conntrack;

import dev.sluice.core.net.IpFamily;
import java.time.Duration;
import java.util.Map;

/** An observer of each clean-up of conntrack entries. */
public interface CleaningListener {

    /** @param deleted the number of entries by cause; causes without any are absent */
    void cleaned(IpFamily family, Map<DeletionCause, Integer> deleted, Duration took);

    /** Reading failed, or the kernel refused to delete; the next sync tries again. */
    default void failed(IpFamily family) {}
}
