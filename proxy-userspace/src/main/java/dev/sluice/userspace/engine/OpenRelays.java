// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The relays of one event loop, in a list that is linked through them: the youngest first, by when they were opened or,
 * if that has happened, joined to an endpoint.
 */
final class OpenRelays {
    private @Nullable TcpRelay newest;
    private int count;

    int count() {
        return count;
    }

    void add(TcpRelay relay) {
        TcpRelay next = newest;
        relay.older = next;
        if (next != null) {
            next.newer = relay;
        }
        newest = relay;
        count++;
    }

    void remove(TcpRelay relay) {
        TcpRelay before = relay.newer;
        TcpRelay after = relay.older;
        if (before != null) {
            before.older = after;
        } else if (newest == relay) {
            newest = after;
        } else {
            return; // it is not in the list
        }
        if (after != null) {
            after.newer = before;
        }
        relay.newer = null;
        relay.older = null;
        count--;
    }

    /**
     * Sets SO_KEEPALIVE on connections to endpoints that have not got it yet. Most connections end before, and save a
     * system call; the first probe is due after hours.
     */
    void keepAlive() {
        for (TcpRelay relay = newest; relay != null && !relay.keptAlive; relay = relay.older) {
            if (relay.isJoined()) {
                relay.keptAlive = true;
                relay.keepAlive();
            }
        }
    }

    List<TcpRelay> list() {
        List<TcpRelay> all = new ArrayList<>(count);
        for (TcpRelay relay = newest; relay != null; relay = relay.older) {
            all.add(relay);
        }
        return all;
    }
}
