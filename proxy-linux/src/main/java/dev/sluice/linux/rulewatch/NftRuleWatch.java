// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkSubscription;
import dev.sluice.linux.nftables.NftProtocol;
import dev.sluice.linux.rulewatch.OwnRestores.Restore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches nf_tables by the kernel's notifications of each commit.
 *
 * <p>A commit carries the netlink port of its process, which for a tool is its process id in its own namespace, and so
 * also its id among our children. While our own restores run, the kernel drops their notifications: those of a first
 * sync of 10,000 Services are 100 MB.
 */
final class NftRuleWatch implements RuleWatch, OwnRestores.Follower {
    private static final Logger LOG = LoggerFactory.getLogger(NftRuleWatch.class);

    private final OwnRestores own;
    private final NetlinkSubscription subscription;
    private final boolean missedNothing;
    private final List<Integer> running = new ArrayList<>();

    private final @Nullable NatAnchor anchor;

    private NftRuleWatch(
            OwnRestores own, NetlinkSubscription subscription, boolean missedNothing, @Nullable NatAnchor anchor) {
        this.own = own;
        this.subscription = subscription;
        this.missedNothing = missedNothing;
        this.anchor = anchor;
    }

    static NftRuleWatch open(
            OwnRestores own, BooleanSupplier untouched, Interest interest, Consumer<ForeignChange> noticed)
            throws KernelException {
        NetlinkSubscription subscription = NetlinkSubscription.open(
                Netlink.NETFILTER,
                new NftProtocol(),
                "rule-watch",
                new NftCommits(interest, noticed),
                NftProtocol.GROUP);
        NftRuleWatch watch = new NftRuleWatch(own, subscription, untouched.getAsBoolean(), NatAnchor.tryOpen());
        own.follow(watch);
        return watch;
    }

    @Override
    public String means() {
        return "nf_tables events";
    }

    @Override
    public boolean missedNothing() {
        return missedNothing;
    }

    @Override
    public synchronized void begins(Restore restore) {
        running.add((int) restore.pid());
        ignoreRunning();
    }

    @Override
    public synchronized void ended(Restore restore) {
        running.removeIf(pid -> pid == restore.pid());
        ignoreRunning();
    }

    /** Without the filter our own restores are examined like foreign ones, which costs time but does no harm. */
    private void ignoreRunning() {
        try {
            subscription.ignoreSenders(running);
        } catch (NetlinkException e) {
            LOG.debug("Own commits are examined too: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        own.unfollow(this);
        subscription.close();
        if (anchor != null) {
            anchor.close();
        }
    }
}
