// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.watchdog;

import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.thread.ProcessEnd;

/**
 * A watchdog that exits when the sync thread has died, since nothing would be synced any more: the supervisor starts
 * the process anew.
 */
public final class SyncThreadWatchdog implements SyncObserver {
    @Override
    public void died(Throwable cause) {
        ProcessEnd.now("sluice-sync", cause);
    }
}
