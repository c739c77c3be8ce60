// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.linux.nftables.NftTableWatch;
import dev.sluice.linux.nftables.NftTableWatching;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A {@link NftTableWatch} with a {@link NatAnchor}, so that open connections outlive the time until the repair. */
public final class AnchoredTableWatch implements ForeignWatch {
    private final NftTableWatch watch;
    private final @Nullable NatAnchor anchor;

    private AnchoredTableWatch(NftTableWatch watch, @Nullable NatAnchor anchor) {
        this.watch = watch;
        this.anchor = anchor;
    }

    /** Opens {@code watching} with an anchor, where the kernel has one. */
    public static Opener of(NftTableWatching watching) {
        return new Anchoring(watching);
    }

    @Override
    public String means() {
        return watch.means();
    }

    @Override
    public boolean missedNothing() {
        return watch.missedNothing();
    }

    @Override
    public void close() {
        watch.close();
        if (anchor != null) {
            anchor.close();
        }
    }

    private record Anchoring(NftTableWatching watching) implements Opener {
        @Override
        public ForeignWatch open(Consumer<ForeignChange> noticed) throws HostException {
            return new AnchoredTableWatch(watching.open(noticed), NatAnchor.tryOpen());
        }

        @Override
        public void close() {
            watching.close();
        }
    }
}
