// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.source;

import java.util.List;
import java.util.stream.Stream;

/**
 * A Node as the API delivers it (core/v1), reduced to what the proxy reads.
 *
 * @param zone the label {@code topology.kubernetes.io/zone}, empty when absent
 * @param internalIps {@code status.addresses} of type InternalIP, in order
 * @param externalIps the same of type ExternalIP
 * @param taintKeys the keys of {@code spec.taints}
 * @param deleting whether {@code metadata.deletionTimestamp} is set
 */
public record NodeObject(
        String name,
        String zone,
        List<String> internalIps,
        List<String> externalIps,
        List<String> podCidrs,
        List<String> taintKeys,
        boolean deleting) {

    /** All its addresses, internal ones first. */
    public List<String> addresses() {
        return Stream.concat(internalIps.stream(), externalIps.stream()).toList();
    }
}
