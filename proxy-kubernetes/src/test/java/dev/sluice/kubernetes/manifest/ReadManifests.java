// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import java.nio.charset.StandardCharsets;

/** A manifest of Service shop/web, and the reader. */
abstract class ReadManifests {
    static final String SERVICE = """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec:
          clusterIP: 10.96.0.50
          ports: [{port: 80}]
        """;

    static Manifest read(String name, String content) {
        return new ManifestReader().read(name, content.getBytes(StandardCharsets.UTF_8));
    }
}
