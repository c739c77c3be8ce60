// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import java.util.Locale;
import java.util.Map;

/** Fills a {@link FakeApi} with the objects of manifests. */
public final class ApiManifests {
    private ApiManifests() {}

    /** Keeps each object of {@code yaml}, which may have several documents. */
    public static void put(FakeApi api, String yaml) {
        for (String document : yaml.split("(?m)^---$", -1)) {
            if (!document.isBlank()) {
                put(api, JsonDocument.parse(document));
            }
        }
    }

    private static void put(FakeApi api, Map<String, Object> object) {
        Map<String, Object> metadata = JsonDocument.object(object.get("metadata"));
        metadata.put("resourceVersion", "VERSION");
        object.put("metadata", metadata);
        String plural = String.valueOf(object.get("kind")).toLowerCase(Locale.ROOT) + "s";
        Object namespace = metadata.get("namespace");
        String name = String.valueOf(metadata.get("name"));
        api.put(plural, namespace == null ? name : namespace + "/" + name, JsonDocument.write(object));
    }
}
