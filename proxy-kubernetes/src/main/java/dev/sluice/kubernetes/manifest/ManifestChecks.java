// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.kubernetes.read.Fields;
import java.util.List;

/** Reports what the API server would reject. Addresses are left to the core, which checks them from every source. */
final class ManifestChecks {
    private static final int MAX_PORT = 65_535;

    private ManifestChecks() {}

    static void name(Fields root) {
        if (root.at("metadata").text("name").isEmpty()) {
            root.at("metadata").report("name", "is required");
        }
    }

    /** A required port number. */
    static void port(Fields part, String field) {
        Integer port = part.numberOrNull(field);
        if (!part.has(field)) {
            part.report(field, "is required: a port from 1 to 65535");
        } else if (port != null && (port < 1 || port > MAX_PORT)) {
            part.report(field, "expected a port from 1 to 65535, got " + port);
        }
    }

    /** One of {@code choices}, or absent. */
    static void oneOf(Fields part, String field, String... choices) {
        String word = part.text(field);
        if (!word.isEmpty() && !List.of(choices).contains(word)) {
            part.report(field, "expected one of " + String.join(", ", choices) + ", got \"" + word + "\"");
        }
    }
}
