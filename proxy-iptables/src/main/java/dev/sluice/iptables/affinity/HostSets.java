// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.affinity;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.ipset.IpSets;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where the host's rules can remember clients: IP sets, opened on first use, and lists of the {@code recent} match. */
public final class HostSets implements AutoCloseable {
    private final Opener opener;
    private final Function<String, List<IpAddress>> lists;
    private @Nullable IpSets open;

    /** Opens the IP sets of the calling thread's network namespace. */
    @FunctionalInterface
    public interface Opener {
        IpSets open() throws KernelException;
    }

    /** @param lists the addresses on a list of the {@code recent} match, by its name */
    public HostSets(Opener opener, Function<String, List<IpAddress>> lists) {
        this.opener = opener;
        this.lists = lists;
    }

    /** A host without lists. */
    public HostSets(Opener opener) {
        this(opener, list -> List.of());
    }

    List<IpAddress> list(String name) {
        return lists.apply(name);
    }

    /** @throws KernelException when this host has none; the next call tries again */
    IpSets get() throws KernelException {
        IpSets sets = open;
        if (sets == null) {
            sets = opener.open();
            open = sets;
        }
        return sets;
    }

    @Override
    public void close() {
        IpSets sets = open;
        if (sets != null) {
            sets.close();
        }
    }
}
