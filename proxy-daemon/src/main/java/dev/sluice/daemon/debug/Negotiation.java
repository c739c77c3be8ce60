// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.debug;

import dev.sluice.daemon.http.JsonText;
import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.Request;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The form of a status page that a client takes: an object of {@code config.k8s.io} for those who name its kind and
 * version ({@code application/json;g=config.k8s.io;v=v1beta1;as=Statusz}), text for others, and otherwise 406.
 */
final class Negotiation {
    private static final String NAME = "sluice";
    private static final String GROUP = "config.k8s.io";
    private static final String DEPRECATED = "v1alpha1";
    private static final List<String> VERSIONS = List.of("v1beta1", DEPRECATED);

    private Negotiation() {}

    /**
     * A page.
     *
     * @param kind its name with a capital
     */
    static Page answer(Request request, String kind, Supplier<String> text, Supplier<Map<String, ?>> fields) {
        Optional<String> version = version(request, kind);
        if (version.isPresent()) {
            return object(kind, version.get(), fields.get());
        }
        String page = kind.toLowerCase(Locale.ROOT);
        if (!request.acceptsText()) {
            return Page.text(
                    406,
                    "only these media types are accepted: text/plain, application/json;g=" + GROUP + ";v="
                            + VERSIONS.getFirst() + ";as=" + kind + "\n");
        }
        return Page.text(
                200,
                "\n" + NAME + " " + page
                        + "\nWarning: This endpoint is not meant to be machine parseable, has no formatting"
                        + " compatibility guarantees and is for debugging purposes only.\n" + text.get());
    }

    private static Page object(String kind, String version, Map<String, ?> fields) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("kind", kind);
        object.put("apiVersion", GROUP + "/" + version);
        object.put("metadata", Map.of("name", NAME));
        object.putAll(fields);
        Map<String, String> headers = version.equals(DEPRECATED)
                ? Map.of(
                        "Warning",
                        "299 - \"This version of the " + kind.toLowerCase(Locale.ROOT)
                                + " endpoint is deprecated. Please use a newer version.\"")
                : Map.of();
        return new Page(200, "application/json", JsonText.of(object) + "\n", headers);
    }

    private static Optional<String> version(Request request, String kind) {
        return Stream.of(request.header("accept").split(",", -1))
                .map(form -> Stream.of(form.split(";", -1)).map(String::strip).toList())
                .filter(form ->
                        form.contains("application/json") && form.contains("as=" + kind) && form.contains("g=" + GROUP))
                .flatMap(form -> VERSIONS.stream().filter(version -> form.contains("v=" + version)))
                .findFirst();
    }
}
