// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkSocket;
import dev.sluice.linux.nftables.NftGeneration;
import dev.sluice.linux.nftables.NftProtocol;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Detects whether anything but our own restores has changed nf_tables since this was opened, by counting: each commit
 * raises the generation of a network namespace by one, and iptables-restore makes one commit for each {@code COMMIT} of
 * its input. Cheaper than notifications of each commit. When in doubt, there was a foreign change.
 */
public final class NftGenerations implements OwnRestores.Follower, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NftGenerations.class);
    private static final String COMMIT = "COMMIT";

    private final OwnRestores own;
    private final NetlinkSocket socket;
    private long expected;
    private boolean inDoubt;

    private NftGenerations(OwnRestores own, NetlinkSocket socket) {
        this.own = own;
        this.socket = socket;
    }

    /** Counts from now on, in the calling thread's network namespace; one restore of {@code own} may run at a time. */
    public static NftGenerations open(OwnRestores own) throws NetlinkException {
        NftGenerations generations = new NftGenerations(own, NetlinkSocket.open(Netlink.NETFILTER, new NftProtocol()));
        try {
            generations.expected = NftGeneration.read(generations.socket);
            generations.inDoubt = generations.expected == NftGeneration.UNKNOWN;
        } catch (NetlinkException e) {
            generations.close();
            throw e;
        }
        own.follow(generations);
        return generations;
    }

    /** Whether every commit so far was ours. */
    public synchronized boolean areOurs() {
        compare();
        return !inDoubt;
    }

    @Override
    public synchronized void begins(OwnRestores.Restore restore) {
        compare();
    }

    @Override
    public synchronized void ended(OwnRestores.Restore restore) {
        expected += restore.input().lines().filter(COMMIT::equals).count();
        compare();
    }

    private void compare() {
        try {
            inDoubt = inDoubt || NftGeneration.read(socket) != expected;
        } catch (NetlinkException e) {
            LOG.debug("Foreign changes cannot be ruled out", e);
            inDoubt = true;
        }
    }

    @Override
    public void close() {
        own.unfollow(this);
        socket.close();
    }
}
