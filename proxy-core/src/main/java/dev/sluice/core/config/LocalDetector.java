// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import dev.sluice.core.net.Cidr;

/** The way to distinguish traffic of this node's (or the cluster's) own Pods from other traffic, in one family. */
public sealed interface LocalDetector {

    /**
     * Pods cannot be distinguished: nothing is masqueraded for being off-cluster, nothing is short-circuited for being
     * local.
     */
    record None() implements LocalDetector {}

    /** Pods have source addresses in {@code cidr}. */
    record SourceCidr(Cidr cidr) implements LocalDetector {}

    /** Pods send through the bridge of that name. */
    record Bridge(String name) implements LocalDetector {}

    /** Pods send through interfaces whose names begin with {@code prefix}. */
    record InterfacePrefix(String prefix) implements LocalDetector {}
}
