// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.rulewatch.XtablesSocket.Content;
import dev.sluice.linux.rulewatch.XtablesSocket.Info;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A legacy table under watch. Our own restores replace the table as foreign ones do, so they are reported beforehand
 * with the chains that they write. These chains are taken as found afterwards, unless the table's size has changed
 * again.
 */
final class LegacyTable {
    /** Reading the rules may take a fiftieth of one CPU, within these limits of the time between two readings. */
    private static final long SHARE = 50;

    private static final long LEAST_NANOS = 250_000_000L;
    private static final long MOST_NANOS = 30_000_000_000L;

    private static final long QUICK_NANOS = 20_000_000L;

    private final XtablesSocket socket;
    private final XtablesSocket ownersSocket;
    private final IpFamily family;
    private final String name;
    private final Interest interest;
    private final Set<String> ownChains = new HashSet<>();
    private int restoring;
    private long restores;
    private @Nullable Info info;
    private @Nullable ChainDigests known;
    private long nextReading;
    private long readingTook;

    /**
     * @param socket for the thread that watches
     * @param ownersSocket for the thread that makes our own restores
     */
    LegacyTable(XtablesSocket socket, XtablesSocket ownersSocket, IpFamily family, String name, Interest interest) {
        this.socket = socket;
        this.ownersSocket = ownersSocket;
        this.family = family;
        this.name = name;
        this.interest = interest;
    }

    IpFamily family() {
        return family;
    }

    String name() {
        return name;
    }

    synchronized void restoreBegins() {
        restoring++;
        restores++;
    }

    synchronized void restoreEnded(Set<String> chains) {
        restoring--;
        restores++;
        ownChains.addAll(chains);
        try {
            info = ownersSocket.info(name);
        } catch (NetlinkException e) {
            info = null; // the next look reports it
        }
        if (readingTook < QUICK_NANOS) {
            nextReading = System.nanoTime();
        }
    }

    /** Compares the table with the last look; returns the foreign changes. */
    Optional<ForeignChange> look(long now) throws NetlinkException {
        long before;
        synchronized (this) {
            if (restoring > 0) {
                return Optional.empty();
            }
            before = restores;
        }
        Info found = socket.info(name);
        boolean read;
        synchronized (this) {
            if (restores != before) {
                return Optional.empty();
            }
            read = known == null || now - nextReading >= 0 || info != null && !info.equals(found);
            info = info == null ? found : info;
        }
        return read ? read(before) : Optional.empty();
    }

    private Optional<ForeignChange> read(long before) throws NetlinkException {
        long start = System.nanoTime();
        Content content = socket.content(name);
        TableDigest.Result result =
                TableDigest.of(content, family, chain -> interest.watches(family, new KernelObject(name, chain)));
        long end = System.nanoTime();
        synchronized (this) {
            readingTook = end - start;
            nextReading = end + Math.clamp(readingTook * SHARE, LEAST_NANOS, MOST_NANOS);
            if (restores != before) {
                nextReading = end; // half ours, half not: look again
                return Optional.empty();
            }
            boolean cameAfterUs = !content.info().equals(info);
            Optional<ForeignChange> edit = known == null ? Optional.empty() : compare(known, result, cameAfterUs);
            known = result.digests();
            info = content.info();
            ownChains.clear();
            return edit;
        }
    }

    /**
     * @param cameAfterUs whether another program replaced the table after us, and may have changed our restores' chains
     *     too
     */
    private Optional<ForeignChange> compare(ChainDigests old, TableDigest.Result result, boolean cameAfterUs) {
        Set<KernelObject> changed = new HashSet<>();
        for (String chain : result.chains()) {
            long key = ChainDigests.key(chain);
            boolean same = old.has(key) && old.get(key) == result.digests().get(key);
            if (ownChains.contains(chain) ? cameAfterUs : !same) {
                changed.add(new KernelObject(name, chain));
            }
        }
        Set<Long> ownKeys = new HashSet<>();
        if (!cameAfterUs) {
            ownChains.forEach(chain -> ownKeys.add(ChainDigests.key(chain)));
        }
        boolean[] gone = new boolean[1];
        old.forEachKey(key -> gone[0] |= !result.digests().has(key) && !ownKeys.contains(key));
        if (changed.isEmpty() && !gone[0]) {
            return Optional.empty();
        }
        // the names of deleted chains were not kept
        return Optional.of(new ForeignChange(family, "", gone[0], changed));
    }
}
