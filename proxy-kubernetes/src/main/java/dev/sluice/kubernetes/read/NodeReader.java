// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import dev.sluice.core.source.NodeObject;
import java.util.List;

/** Reads a Node (core/v1). */
public final class NodeReader {
    static final String ZONE_LABEL = "topology.kubernetes.io/zone";

    private NodeReader() {}

    /** Reads {@code root}; errors go to the list that {@code root} was made with. */
    public static NodeObject read(Fields root) {
        ObjectMetadata metadata = ObjectMetadata.of(root);
        Fields spec = root.at("spec");
        List<Fields> addresses = root.at("status").items("addresses");
        List<String> podCidrs = spec.texts("podCIDRs");
        String podCidr = spec.text("podCIDR");
        return new NodeObject(
                metadata.name(),
                metadata.labels().getOrDefault(ZONE_LABEL, ""),
                ofType("InternalIP", addresses),
                ofType("ExternalIP", addresses),
                podCidrs.isEmpty() && !podCidr.isEmpty() ? List.of(podCidr) : podCidrs,
                spec.items("taints").stream().map(taint -> taint.text("key")).toList(),
                root.at("metadata").has("deletionTimestamp"));
    }

    private static List<String> ofType(String type, List<Fields> addresses) {
        return addresses.stream()
                .filter(address -> address.text("type").equals(type))
                .map(address -> address.text("address"))
                .toList();
    }
}
