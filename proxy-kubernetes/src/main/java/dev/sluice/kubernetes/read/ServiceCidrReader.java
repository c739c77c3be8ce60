// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import dev.sluice.core.source.ClusterEvent.ServiceRanges;

/** Reads a ServiceCIDR (networking.k8s.io/v1). */
public final class ServiceCidrReader {
    private ServiceCidrReader() {}

    /** Reads {@code root}; errors go to the list that {@code root} was made with. */
    public static ServiceRanges read(Fields root) {
        return new ServiceRanges(ObjectMetadata.of(root).name(), root.at("spec").texts("cidrs"));
    }
}
