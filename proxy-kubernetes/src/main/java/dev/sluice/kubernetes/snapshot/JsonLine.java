// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes a JSON object on one line. Equal values give equal lines; what is absent or empty is left out. */
final class JsonLine {
    private static final JsonFactory FACTORY = new JsonFactory();

    private final JsonGenerator json;

    private JsonLine(JsonGenerator json) {
        this.json = json;
    }

    /** The line in UTF-8, without its end. */
    static byte[] of(Consumer<JsonLine> content) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            new JsonLine(json).object(content);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** A string, left out when it is empty. */
    JsonLine text(String name, String value) {
        return textOrNull(name, value.isEmpty() ? null : value);
    }

    /** A string, left out when it is null. */
    JsonLine textOrNull(String name, @Nullable String value) {
        if (value != null) {
            json.writeName(name);
            json.writeString(value);
        }
        return this;
    }

    /** A number, left out when it is 0. */
    JsonLine number(String name, int value) {
        return numberOrNull(name, value == 0 ? null : value);
    }

    /** A number, left out when it is null. */
    JsonLine numberOrNull(String name, @Nullable Integer value) {
        if (value != null) {
            json.writeName(name);
            json.writeNumber(value.intValue());
        }
        return this;
    }

    JsonLine flag(String name, @Nullable Boolean value) {
        if (value != null) {
            json.writeName(name);
            json.writeBoolean(value);
        }
        return this;
    }

    JsonLine texts(String name, List<String> values) {
        if (!values.isEmpty()) {
            json.writeName(name);
            json.writeStartArray();
            values.forEach(json::writeString);
            json.writeEndArray();
        }
        return this;
    }

    JsonLine entries(String name, Map<String, String> entries) {
        return entries.isEmpty() ? this : object(name, inner -> new TreeMap<>(entries).forEach(inner::textOrNull));
    }

    JsonLine object(String name, Consumer<JsonLine> content) {
        json.writeName(name);
        object(content);
        return this;
    }

    <T> JsonLine objects(String name, List<T> values, BiConsumer<JsonLine, T> content) {
        if (!values.isEmpty()) {
            json.writeName(name);
            json.writeStartArray();
            values.forEach(value -> object(inner -> content.accept(inner, value)));
            json.writeEndArray();
        }
        return this;
    }

    private void object(Consumer<JsonLine> content) {
        json.writeStartObject();
        content.accept(this);
        json.writeEndObject();
    }
}
