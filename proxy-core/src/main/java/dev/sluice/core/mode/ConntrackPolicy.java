// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.mode;

import dev.sluice.core.conntrack.ConntrackTargets;
import dev.sluice.core.net.Protocol;
import java.util.Set;

/**
 * The conntrack entries of a mode's traffic in one family, and where they may lead, which decides when one is stale.
 *
 * @param protocols those whose entries can lead to a removed endpoint
 * @param targets where the entries of a service port may lead
 * @param loopbackNodePorts whether node ports are served on loopback addresses too
 * @param ownMark the bits of an entry's mark that show a connection of the proxy itself, which is not translated
 */
public record ConntrackPolicy(
        Set<Protocol> protocols, ConntrackTargets targets, boolean loopbackNodePorts, int ownMark) {
    public ConntrackPolicy {
        protocols = Set.copyOf(protocols);
    }

    /** A policy of a mode that opens no connections itself. */
    public ConntrackPolicy(Set<Protocol> protocols, ConntrackTargets targets, boolean loopbackNodePorts) {
        this(protocols, targets, loopbackNodePorts, 0);
    }
}
