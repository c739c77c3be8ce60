// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import java.util.ArrayList;
import java.util.List;

/**
 * The upstreams that one connection is not to try again: those that failed, and those that lead back to the proxy. Used
 * on one event loop.
 */
public final class ExcludedUpstreams {
    private final List<Upstream> upstreams = new ArrayList<>(4);

    public void add(Upstream upstream) {
        upstreams.add(upstream);
    }

    boolean contains(Upstream upstream) {
        return upstreams.contains(upstream);
    }

    /** Starts another round, in which all may be tried again. */
    public void clear() {
        upstreams.clear();
    }
}
