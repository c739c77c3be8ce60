// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.linux.NetlinkException;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens a {@link NftTableWatch} after the first sync, and counts commits until then: did others make any? */
public final class NftTableWatching implements ForeignWatch.Opener {
    private static final Logger LOG = LoggerFactory.getLogger(NftTableWatching.class);

    private final String table;
    private final List<NetlinkNftables> own;
    private final long generation;
    private final long commits;

    /** Counts from now on; {@code own} stay open. */
    public NftTableWatching(String table, List<NetlinkNftables> own) {
        this.table = table;
        this.own = List.copyOf(own);
        this.commits = ownCommits();
        this.generation = generation();
    }

    private long ownCommits() {
        return own.stream().mapToLong(NetlinkNftables::commits).sum();
    }

    private long generation() {
        try {
            return own.isEmpty() ? NftGeneration.UNKNOWN : own.getFirst().generation();
        } catch (NetlinkException e) {
            LOG.debug("The table will be compared once more when it is watched", e);
            return NftGeneration.UNKNOWN;
        }
    }

    @Override
    public NftTableWatch open(Consumer<ForeignChange> noticed) throws HostException {
        try {
            return NftTableWatch.open(table, own, noticed, this::onlyOurs);
        } catch (NetlinkException e) {
            throw new HostException(e);
        }
    }

    /** In doubt others have made some: a transaction that changes nothing raises no number. */
    private boolean onlyOurs() {
        long now = generation();
        return generation != NftGeneration.UNKNOWN
                && now != NftGeneration.UNKNOWN
                && now - generation == ownCommits() - commits;
    }

    /** The sockets are their owners'. */
    @Override
    public void close() {}
}
