// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import java.util.List;

/**
 * A path of the API, {@code /apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME}; the namespace and the name may be
 * absent.
 */
record ResourcePath(String namespace, String plural, String name) {

    static ResourcePath of(String path) {
        List<String> parts = List.of(path.replaceFirst("^/", "").split("/"));
        int group = parts.getFirst().equals("apis") ? 3 : 2;
        List<String> rest = parts.subList(Math.min(group, parts.size()), parts.size());
        boolean namespaced = rest.size() > 2 && rest.getFirst().equals("namespaces");
        List<String> resource = namespaced ? rest.subList(2, rest.size()) : rest;
        return new ResourcePath(
                namespaced ? rest.get(1) : "",
                resource.isEmpty() ? path : resource.getFirst(),
                resource.size() > 1 ? resource.get(1) : "");
    }

    /** The key of the object in the store. */
    String key() {
        return withName(name);
    }

    String withName(String of) {
        return namespace.isEmpty() ? of : namespace + "/" + of;
    }
}
