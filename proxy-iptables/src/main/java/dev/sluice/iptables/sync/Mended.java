package dev.sluice.iptables.sync;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.sync.KernelCost;
import java.util.List;

/**
 * What a look at some chains led to.
 *
 * @param chains those that were not as they should be, and are again
 */
public record Mended(List<KernelObject> chains, KernelCost cost) {
    public static final Mended NOTHING = new Mended(List.of(), KernelCost.NONE);

    public Mended {
        chains = List.copyOf(chains);
    }
}
