// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.kernel;

import dev.sluice.core.net.IpFamily;
import java.util.Set;

/**
 * A change, or possible change, by another program to what a mode made in the kernel.
 *
 * @param by its name and process id as the kernel reports them, e.g. {@code iptables-nft (pid 4711)}; empty when
 *     unknown
 * @param everything whether anything may have been changed
 * @param objects those that are known to have been changed
 */
public record ForeignChange(IpFamily family, String by, boolean everything, Set<KernelObject> objects) {

    public ForeignChange {
        objects = Set.copyOf(objects);
    }
}
