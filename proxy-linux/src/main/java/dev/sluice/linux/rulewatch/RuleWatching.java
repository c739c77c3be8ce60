// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables.Variant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens a watch of rules after the first sync, and counts foreign changes until then. */
public final class RuleWatching implements ForeignWatch.Opener {
    private static final Logger LOG = LoggerFactory.getLogger(RuleWatching.class);

    private final Variant variant;
    private final OwnRestores own;
    private final Interest interest;
    private @Nullable NftGenerations generations;

    private RuleWatching(Variant variant, OwnRestores own, Interest interest) {
        this.variant = variant;
        this.own = own;
        this.interest = interest;
    }

    /** Counts from now on, in the calling thread's network namespace; start it before the first restore. */
    public static RuleWatching start(Variant variant, OwnRestores own, Interest interest) {
        RuleWatching watching = new RuleWatching(variant, own, interest);
        if (variant == Variant.NFT) {
            watching.count();
        }
        return watching;
    }

    private void count() {
        try {
            generations = NftGenerations.open(own);
        } catch (KernelException e) {
            LOG.debug("Rules will be compared once more when they are watched", e);
        }
    }

    @Override
    public RuleWatch open(Consumer<ForeignChange> noticed) throws HostException {
        try {
            return RuleWatch.open(variant, own, this::isUntouched, interest, noticed);
        } catch (KernelException e) {
            throw new HostException(e);
        }
    }

    private synchronized boolean isUntouched() {
        boolean ours = generations != null && generations.areOurs();
        close();
        return ours;
    }

    @Override
    public synchronized void close() {
        if (generations != null) {
            generations.close();
            generations = null;
        }
    }
}
