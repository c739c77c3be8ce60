// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import java.util.List;
import java.util.Locale;

/**
 * A request as the API server's authorization sees it.
 *
 * @param group empty for the core group
 * @param resource the plural, with its subresource; empty for a path that is no resource
 * @param path empty for a resource
 */
record ApiCall(String verb, String group, String resource, String path) {

    /**
     * Reads a request; see "Determine the Request Verb" in Kubernetes' documentation of authorization.
     *
     * @param query empty for none
     */
    static ApiCall of(String method, String path, String query) {
        List<String> parts = List.of(path.replaceFirst("^/", "").split("/", -1));
        boolean core = parts.getFirst().equals("api") && parts.size() > 2;
        boolean grouped = parts.getFirst().equals("apis") && parts.size() > 3;
        if (!core && !grouped) {
            return new ApiCall(method.equals("GET") ? "get" : method.toLowerCase(Locale.ROOT), "", "", path);
        }
        List<String> rest = parts.subList(core ? 2 : 3, parts.size());
        boolean namespaced = rest.getFirst().equals("namespaces") && rest.size() > 2;
        List<String> resource = namespaced ? rest.subList(2, rest.size()) : rest;
        boolean named = resource.size() > 1;
        String kind = resource.size() > 2 ? resource.get(0) + "/" + resource.get(2) : resource.getFirst();
        return new ApiCall(verb(method, named, query), core ? "" : parts.get(1), kind, "");
    }

    private static String verb(String method, boolean named, String query) {
        return switch (method) {
            case "GET" -> query.contains("watch=true") ? "watch" : named ? "get" : "list";
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> named ? "delete" : "deletecollection";
            default -> throw new IllegalArgumentException(method);
        };
    }

    /** Whether a rule without resource names allows it. */
    boolean isAllowedBy(PolicyRule rule) {
        boolean place = path.isEmpty()
                ? rule.getApiGroups().contains(group) && rule.getResources().contains(resource)
                : rule.getNonResourceURLs().contains(path);
        return place
                && rule.getVerbs().contains(verb)
                && rule.getResourceNames().isEmpty();
    }
}
