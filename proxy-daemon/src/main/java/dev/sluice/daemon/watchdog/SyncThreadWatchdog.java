// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.watchdog;

import dev.sluice.core.sync.SyncObserver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A watchdog that exits when the sync thread has died, since nothing would be synced any more: the supervisor starts
 * the process anew.
 */
public final class SyncThreadWatchdog implements SyncObserver {
    private static final Logger LOG = LoggerFactory.getLogger(SyncThreadWatchdog.class);

    @Override
    public void died(Throwable cause) {
        LOG.error("the sync thread has died; exiting, to be started again");
        Runtime.getRuntime().halt(1);
    }
}
