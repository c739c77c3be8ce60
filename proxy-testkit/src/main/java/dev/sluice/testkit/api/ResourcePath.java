// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

    /** The parameters of a request; the last counts where one is repeated. */
    static Map<String, String> query(URI uri) {
        Map<String, String> query = new HashMap<>();
        String raw = uri.getRawQuery();
        for (String part : raw == null ? new String[0] : raw.split("&")) {
            String[] pair = part.split("=", 2);
            query.put(pair[0], pair.length == 1 ? "" : URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
        }
        return query;
    }
}
