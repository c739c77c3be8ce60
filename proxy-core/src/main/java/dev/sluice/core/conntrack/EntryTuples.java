// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.conntrack;

import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;

/**
 * The parts of a conntrack entry's two tuples that decide whether it is stale.
 *
 * @param destination what the client sends to, of the original direction
 * @param replySource what answers, of the reply direction
 * @param ownZone whether it is in the zone in which the mode's rules work, and not of the proxy itself, which they let
 *     pass; in other zones another program may translate
 */
public record EntryTuples(Protocol protocol, SocketAddress destination, SocketAddress replySource, boolean ownZone) {

    /** Whether its destination is rewritten on the way. */
    public boolean isTranslated() {
        return !destination.equals(replySource);
    }
}
