// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import java.util.concurrent.atomic.AtomicLong;

/** Counts what the kernel refused. Read on any thread. */
public final class SyncFailures {
    private final AtomicLong transactions = new AtomicLong();
    private final AtomicLong cleanUps = new AtomicLong();

    void transactionFailed() {
        transactions.incrementAndGet();
    }

    void cleanUpFailed() {
        cleanUps.incrementAndGet();
    }

    /** Transactions that were not carried out. */
    public long transactions() {
        return transactions.get();
    }

    /** Transactions with stale chains that were not carried out. */
    public long cleanUps() {
        return cleanUps.get();
    }
}
