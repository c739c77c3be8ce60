// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import dev.sluice.testkit.api.JsonDocument;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A map of a YAML or JSON document, read by names; what is absent is empty. */
record Document(Map<String, Object> fields) {

    static Document of(Object value) {
        return new Document(JsonDocument.object(value));
    }

    boolean has(String name) {
        return fields.get(name) != null;
    }

    Document map(String name) {
        return new Document(JsonDocument.object(fields.get(name)));
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(fields.get(name)).map(String::valueOf);
    }

    String text(String name, String otherwise) {
        return text(name).orElse(otherwise);
    }

    boolean flag(String name, boolean otherwise) {
        return text(name).map(Boolean::parseBoolean).orElse(otherwise);
    }

    List<String> texts(String name) {
        return list(name).stream().map(String::valueOf).toList();
    }

    List<Document> maps(String name) {
        return list(name).stream().map(Document::of).toList();
    }

    private List<?> list(String name) {
        return fields.get(name) instanceof List<?> list ? list : List.of();
    }
}
