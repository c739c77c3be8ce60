// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import java.io.StringWriter;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes maps of strings, numbers and maps as JSON. */
final class EventJson {
    private static final JsonFactory FACTORY = new JsonFactory();

    private EventJson() {}

    static String of(Map<String, ?> object) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            write(json, object);
        }
        return text.toString();
    }

    private static void write(JsonGenerator json, Map<?, ?> object) {
        json.writeStartObject();
        object.forEach((name, value) -> {
            json.writeName(String.valueOf(name));
            switch (value) {
                case Map<?, ?> inner -> write(json, inner);
                case Number number -> json.writeNumber(number.longValue());
                default -> json.writeString(String.valueOf(value));
            }
        });
        json.writeEndObject();
    }
}
