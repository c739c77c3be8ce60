// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.kernel;

import java.util.Comparator;

/**
 * A named object of the kernel that holds state of a mode: a chain of rules, a set, a virtual server, a device.
 *
 * @param kind for a chain its table, e.g. {@code nat}; otherwise what it is, e.g. {@code ipset} or {@code addresses}
 * @param name e.g. {@code KUBE-SERVICES} or {@code 10.96.0.10:53/UDP}
 */
public record KernelObject(String kind, String name) implements Comparable<KernelObject> {
    private static final Comparator<KernelObject> ORDER =
            Comparator.comparing(KernelObject::kind).thenComparing(KernelObject::name);

    @Override
    public int compareTo(KernelObject other) {
        return ORDER.compare(this, other);
    }

    /** For messages, e.g. {@code nat KUBE-SERVICES}. */
    @Override
    public String toString() {
        return kind + " " + name;
    }
}
