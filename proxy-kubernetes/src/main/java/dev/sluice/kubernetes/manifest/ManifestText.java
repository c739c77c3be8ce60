// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Manifests that a caller hands over as text: what {@link ManifestSource} does with one file, without a directory, a
 * watch or a thread. Not thread-safe.
 */
public final class ManifestText {
    private static final String NAME = "text.yaml";

    private final ManifestReader reader = new ManifestReader();
    private final DeltaDelivery delivery;
    private Map<ObjectRef, ManifestObject> objects = Map.of();

    /** @param listener receives each change on the thread that calls {@link #replace} */
    public ManifestText(String nodeName, ClusterListener listener) {
        delivery = new DeltaDelivery(listener, nodeName);
    }

    /**
     * Delivers what differs from the text before; the first time everything, and a {@link ClusterEvent.Listed} for each
     * kind. Of objects with one name the first counts. A text with an error changes no object; its problems are
     * delivered.
     *
     * @param yaml any number of documents
     */
    public void replace(String yaml) {
        List<Problem> problems = List.of();
        switch (reader.read(NAME, yaml.getBytes(StandardCharsets.UTF_8))) {
            case Manifest.Valid(List<ManifestObject> read) -> {
                Map<ObjectRef, ManifestObject> byName = new LinkedHashMap<>();
                read.forEach(object -> byName.putIfAbsent(object.ref(), object));
                objects = byName;
            }
            case Manifest.Invalid(List<Problem> found) -> problems = found;
        }
        delivery.deliver(objects, problems);
    }
}
