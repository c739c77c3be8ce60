// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.Selection;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;

/**
 * The {@code metadata} of an object, reduced to what the proxy reads.
 *
 * @param created {@code creationTimestamp} in milliseconds since 1970, 0 when absent
 */
record ObjectMetadata(
        String namespace, String name, long created, Map<String, String> labels, Map<String, String> annotations) {

    static ObjectMetadata of(Fields root) {
        Fields metadata = root.at("metadata");
        return new ObjectMetadata(
                metadata.sharedText("namespace"),
                metadata.text("name"),
                created(metadata),
                metadata.entries("labels", ObjectMetadata::isWantedLabel),
                metadata.entries("annotations", ObjectMetadata::isWantedAnnotation));
    }

    private static boolean isWantedLabel(String key) {
        return switch (key) {
            case EndpointSliceObject.SERVICE_NAME_LABEL,
                    Selection.HEADLESS_LABEL,
                    Selection.SERVICE_PROXY_NAME_LABEL,
                    NodeReader.ZONE_LABEL -> true;
            default -> false;
        };
    }

    private static boolean isWantedAnnotation(String key) {
        return key.startsWith("sluice.dev/") || key.equals(EndpointSliceObject.TRIGGER_TIME_ANNOTATION);
    }

    private static long created(Fields metadata) {
        String text = metadata.text("creationTimestamp");
        if (text.isEmpty()) {
            return 0;
        }
        try {
            return Instant.parse(text).toEpochMilli();
        } catch (DateTimeParseException e) {
            metadata.report("creationTimestamp", "expected a time like 2026-01-31T12:00:00Z, got \"" + text + "\"");
            return 0;
        }
    }
}
