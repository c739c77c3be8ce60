// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.kubernetes.read.EndpointSliceReader;
import dev.sluice.kubernetes.read.Fields;

/** Reads an EndpointSlice from a manifest, checked and defaulted as the API server does before a proxy sees it. */
final class EndpointSliceManifest {
    private EndpointSliceManifest() {}

    static EndpointSliceObject read(Fields root) {
        ManifestChecks.name(root);
        if (!root.has("addressType")) {
            root.report("addressType", "is required: IPv4, IPv6 or FQDN");
        }
        ManifestChecks.oneOf(root, "addressType", "IPv4", "IPv6", "FQDN");
        for (Fields port : root.items("ports")) {
            if (port.has("port")) {
                ManifestChecks.port(port, "port");
            }
            ManifestChecks.oneOf(port, "protocol", "TCP", "UDP", "SCTP");
        }
        for (Fields endpoint : root.items("endpoints")) {
            if (endpoint.texts("addresses").isEmpty()) {
                endpoint.report("addresses", "at least one address is required");
            }
        }
        return completed(EndpointSliceReader.read(root));
    }

    private static EndpointSliceObject completed(EndpointSliceObject raw) {
        return new EndpointSliceObject(
                raw.namespace().isEmpty() ? "default" : raw.namespace(),
                raw.name(),
                raw.addressType(),
                raw.ports().stream().map(EndpointSliceManifest::completed).toList(),
                raw.endpoints(),
                raw.labels(),
                raw.annotations());
    }

    private static EndpointSliceObject.Port completed(EndpointSliceObject.Port port) {
        return new EndpointSliceObject.Port(
                port.name() == null ? "" : port.name(), port.protocol() == null ? "TCP" : port.protocol(), port.port());
    }
}
