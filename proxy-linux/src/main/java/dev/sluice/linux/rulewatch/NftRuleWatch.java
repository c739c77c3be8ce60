package dev.sluice.linux.rulewatch;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkSubscription;
import dev.sluice.linux.rulewatch.OwnRestores.Restore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears what the kernel announces of each commit of nf_tables.
 *
 * <p>A process's commits bear its netlink port, which for a tool is its process id as its own namespace counts, so also as
 * we see our children. The kernel throws away what our own restores cause, while they run: at 10,000 Services a first sync
 * is announced by 100 MB.
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
            OwnRestores own, BooleanSupplier untouched, Interest interest, Consumer<ForeignEdit> noticed)
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

    /** Without the filter our own restores are looked at like those of others, which costs time but does no harm. */
    private void ignoreRunning() {
        try {
            subscription.ignoreSenders(running);
        } catch (NetlinkException e) {
            LOG.debug("our own commits are looked at too: {}", e.getMessage());
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
