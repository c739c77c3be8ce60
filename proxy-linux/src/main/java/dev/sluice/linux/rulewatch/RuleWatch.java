// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables.Variant;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Notices when another program changes iptables rules, in the network namespace of the thread that opened it. Only
 * watched chains count: any change of a user chain, and deletions from a built-in one. The restores of this process,
 * which {@link OwnRestores} reports, do not count.
 *
 * <p>Earlier changes are not noticed: open the watch before comparing rules, unless it {@link #missedNothing()}.
 */
public interface RuleWatch extends ForeignWatch {

    /**
     * Opens a watch with its own thread, on which {@code noticed} is called.
     *
     * @param untouched whether no foreign change has been seen so far; called at the moment from which on the watch
     *     notices changes
     * @throws KernelException when the kernel refuses, e.g. without CAP_NET_ADMIN
     */
    static RuleWatch open(
            Variant variant,
            OwnRestores own,
            BooleanSupplier untouched,
            Interest interest,
            Consumer<ForeignChange> noticed)
            throws KernelException {
        return switch (variant) {
            case NFT -> NftRuleWatch.open(own, untouched, interest, noticed);
            case LEGACY -> LegacyRuleWatch.open(own, interest, noticed);
        };
    }
}
