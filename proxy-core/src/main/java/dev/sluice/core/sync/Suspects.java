// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.kernel.KernelObject;
import java.util.HashSet;
import java.util.Set;

/**
 * The parts of a mode's kernel state that another program may have changed.
 *
 * @param everything whether nothing in the kernel is certain any more; {@code objects} is empty then
 */
public record Suspects(boolean everything, Set<KernelObject> objects) {

    public Suspects {
        objects = everything ? Set.of() : Set.copyOf(objects);
    }

    /** All that the mode has in the kernel. */
    public static Suspects all() {
        return new Suspects(true, Set.of());
    }

    public static Suspects of(Set<KernelObject> objects) {
        return new Suspects(false, objects);
    }

    /** These and those. */
    public Suspects and(Suspects other) {
        Set<KernelObject> both = new HashSet<>(objects);
        both.addAll(other.objects);
        return new Suspects(everything || other.everything, both);
    }
}
