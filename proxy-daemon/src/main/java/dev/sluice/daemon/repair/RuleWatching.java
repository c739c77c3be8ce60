package dev.sluice.daemon.repair;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.linux.rulewatch.ForeignEdit;
import dev.sluice.linux.rulewatch.Interest;
import dev.sluice.linux.rulewatch.NftGenerations;
import dev.sluice.linux.rulewatch.OwnRestores;
import dev.sluice.linux.rulewatch.RuleWatch;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the watch of a mode once its rules are in force, and counts from its own opening on whether others change rules before
 * that.
 */
public final class RuleWatching implements RuleRepair.Opener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RuleWatching.class);

    private final Variant variant;
    private final OwnRestores own;
    private final Map<IpFamily, Predicate<LinkChange>> links;
    private @Nullable NftGenerations generations;

    private RuleWatching(Variant variant, OwnRestores own, Map<IpFamily, Predicate<LinkChange>> links) {
        this.variant = variant;
        this.own = own;
        this.links = Map.copyOf(links);
    }

    /**
     * Counts in the calling thread's network namespace; open it before the first restore.
     *
     * @param links which announcements about links and addresses concern a family; empty where none does
     */
    public static RuleWatching open(Variant variant, OwnRestores own, Map<IpFamily, Predicate<LinkChange>> links) {
        RuleWatching watching = new RuleWatching(variant, own, links);
        if (variant == Variant.NFT) {
            watching.count();
        }
        return watching;
    }

    private void count() {
        try {
            generations = NftGenerations.open(own);
        } catch (KernelException e) {
            log.debug("rules will be compared once more when they are watched", e);
        }
    }

    @Override
    public RuleWatch open(Interest interest, Consumer<ForeignEdit> noticed) throws KernelException {
        RuleWatch rules = RuleWatch.open(variant, own, this::isUntouched, interest, noticed);
        return links.isEmpty() ? rules : AddressWatch.open(rules, links, noticed);
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
