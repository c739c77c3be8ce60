// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;

/** The chains to watch. Called often, on the threads of a watch. */
@FunctionalInterface
public interface Interest {

    /** {@code chain} may be a built-in one. */
    boolean watches(IpFamily family, KernelObject chain);
}
