package dev.sluice.linux.rulewatch;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables.Variant;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Notices when somebody else changes iptables rules, in the network namespace of the thread that opened it. Chains count
 * that are of interest: user chains whatever happens to them, built-in ones when something goes from them. What this
 * process's own tools do is told by {@link OwnRestores} and does not count.
 *
 * <p>What was changed before it was opened is not noticed: open it, and then compare, unless it {@link #missedNothing()}.
 */
public interface RuleWatch extends AutoCloseable {

    /**
     * Opens a watch with a thread of its own, on which {@code noticed} is called.
     *
     * @param untouched whether nobody else has changed rules until it is asked, as far as anybody knows; it is asked at the
     *     moment from which on the watch notices
     * @throws KernelException when the kernel does not let us, e.g. without CAP_NET_ADMIN
     */
    static RuleWatch open(
            Variant variant,
            OwnRestores own,
            BooleanSupplier untouched,
            Interest interest,
            Consumer<ForeignEdit> noticed)
            throws KernelException {
        return switch (variant) {
            case NFT -> NftRuleWatch.open(own, untouched, interest, noticed);
            case LEGACY -> LegacyRuleWatch.open(own, interest, noticed);
        };
    }

    /** How it notices, for the log. */
    String means();

    /** Whether it is sure that nobody else has changed rules before it was opened. */
    default boolean missedNothing() {
        return false;
    }

    @Override
    void close();
}
