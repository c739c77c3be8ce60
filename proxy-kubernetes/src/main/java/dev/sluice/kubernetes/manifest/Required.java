package dev.sluice.kubernetes.manifest;

import dev.sluice.kubernetes.read.Fields;
import java.util.List;

/** What the API server would refuse. Addresses are not looked at here: the core judges them, wherever they come from. */
final class Required {
    private static final int MAX_PORT = 65_535;

    private Required() {}

    static void name(Fields root) {
        if (root.at("metadata").text("name").isEmpty()) {
            root.at("metadata").complain("name", "is required");
        }
    }

    /** A port number that must be there. */
    static void port(Fields part, String field) {
        Integer port = part.numberOrNull(field);
        if (!part.has(field)) {
            part.complain(field, "is required: a port from 1 to 65535");
        } else if (port != null && (port < 1 || port > MAX_PORT)) {
            part.complain(field, "expected a port from 1 to 65535, got " + port);
        }
    }

    /** One of some words, or absent. */
    static void oneOf(Fields part, String field, String... choices) {
        String word = part.text(field);
        if (!word.isEmpty() && !List.of(choices).contains(word)) {
            part.complain(field, "expected one of " + String.join(", ", choices) + ", got \"" + word + "\"");
        }
    }
}
