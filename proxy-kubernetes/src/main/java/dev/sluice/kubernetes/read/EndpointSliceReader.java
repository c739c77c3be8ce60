// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import dev.sluice.core.source.EndpointSliceObject;
import java.util.List;

/** Reads an EndpointSlice (discovery.k8s.io/v1). Sets no defaults: what is absent stays empty or null. */
public final class EndpointSliceReader {
    private EndpointSliceReader() {}

    /** Reads {@code root}; errors go to the list that {@code root} was made with. */
    public static EndpointSliceObject read(Fields root) {
        ObjectMetadata metadata = ObjectMetadata.of(root);
        return new EndpointSliceObject(
                metadata.namespace(),
                metadata.name(),
                root.sharedText("addressType"),
                List.copyOf(root.items("ports").stream()
                        .map(EndpointSliceReader::port)
                        .toList()),
                List.copyOf(root.items("endpoints").stream()
                        .map(EndpointSliceReader::address)
                        .toList()),
                metadata.labels(),
                metadata.annotations());
    }

    private static EndpointSliceObject.Port port(Fields port) {
        return new EndpointSliceObject.Port(
                port.sharedTextOrNull("name"), port.sharedTextOrNull("protocol"), port.numberOrNull("port"));
    }

    private static EndpointSliceObject.Address address(Fields endpoint) {
        Fields conditions = endpoint.at("conditions");
        Fields hints = endpoint.at("hints");
        return new EndpointSliceObject.Address(
                endpoint.texts("addresses"),
                conditions.flag("ready"),
                conditions.flag("serving"),
                conditions.flag("terminating"),
                endpoint.sharedTextOrNull("nodeName"),
                names(hints.items("forZones")),
                names(hints.items("forNodes")),
                endpoint.at("targetRef").text("uid"));
    }

    private static List<String> names(List<Fields> hints) {
        return hints.isEmpty()
                ? List.of()
                : List.copyOf(
                        hints.stream().map(hint -> hint.sharedText("name")).toList());
    }
}
