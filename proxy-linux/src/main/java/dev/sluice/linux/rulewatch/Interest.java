package dev.sluice.linux.rulewatch;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;

/** Which chains somebody wants to hear of. Asked on the threads of a watch, and often. */
@FunctionalInterface
public interface Interest {

    /** {@code chain} may be a built-in one. */
    boolean watches(IpFamily family, KernelObject chain);
}
