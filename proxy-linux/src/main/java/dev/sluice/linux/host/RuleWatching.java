package dev.sluice.linux.host;

import dev.sluice.core.mode.ForeignChange;
import dev.sluice.core.mode.ForeignWatch;
import dev.sluice.core.mode.HostException;
import dev.sluice.core.sync.Suspects;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.rulewatch.ForeignEdit;
import dev.sluice.linux.rulewatch.Interest;
import dev.sluice.linux.rulewatch.NftGenerations;
import dev.sluice.linux.rulewatch.OwnRestores;
import dev.sluice.linux.rulewatch.RuleWatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens a watch of iptables rules once they are in force, and counts until then whether others change rules. */
final class RuleWatching implements ForeignWatch.Opener {
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
    static RuleWatching start(Variant variant, OwnRestores own, Interest interest) {
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
            LOG.debug("rules will be compared once more when they are watched", e);
        }
    }

    @Override
    public ForeignWatch open(Consumer<ForeignChange> noticed) throws HostException {
        try {
            return new Opened(
                    RuleWatch.open(variant, own, this::isUntouched, interest, edit -> noticed.accept(change(edit))));
        } catch (KernelException e) {
            throw new HostException(e);
        }
    }

    private static ForeignChange change(ForeignEdit edit) {
        Suspects suspects = edit.everything() ? Suspects.all() : Suspects.of(edit.objects());
        return new ForeignChange(edit.family(), edit.by(), suspects);
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

    private record Opened(RuleWatch rules) implements ForeignWatch {
        @Override
        public String means() {
            return rules.means();
        }

        @Override
        public boolean missedNothing() {
            return rules.missedNothing();
        }

        @Override
        public void close() {
            rules.close();
        }
    }
}
