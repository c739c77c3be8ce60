// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.core.source.NodeObject;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.NodeReader;

/** Reads a Node from a manifest. */
final class NodeManifest {
    private NodeManifest() {}

    static NodeObject read(Fields root) {
        ManifestChecks.name(root);
        for (Fields address : root.at("status").items("addresses")) {
            if (!address.has("type") || !address.has("address")) {
                address.report("type", "an address needs both type and address");
            }
        }
        return NodeReader.read(root);
    }
}
