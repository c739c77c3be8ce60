// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import java.time.Instant;
import java.util.List;

/**
 * The input of one sync of one family.
 *
 * @param snapshot the complete state, live
 * @param changes what differs from the family's last batch; everything when the node itself changed
 * @param triggerTimes when the EndpointSlice changes in this batch were caused, for the programming latency
 */
public record SyncBatch(ProxySnapshot snapshot, Changes changes, List<Instant> triggerTimes) {

    public SyncBatch {
        triggerTimes = List.copyOf(triggerTimes);
    }
}
