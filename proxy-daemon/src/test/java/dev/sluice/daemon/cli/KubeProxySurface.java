// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import dev.sluice.kubernetes.read.DocumentSyntaxException;
import dev.sluice.kubernetes.read.YamlTree;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** What kube-proxy offers: flags, fields, metrics and pages. */
public record KubeProxySurface(List<Setting> flags, List<Setting> fields, List<Metric> metrics, List<Path> pages) {
    private static final String RESOURCE = "/configuration/kube-proxy-surface.yaml";

    /** A flag without its hyphens, or the path of a field; an empty default is no value. */
    public record Setting(String name, String fallback, boolean besideFile) {}

    /** A metric with all its labels. */
    public record Metric(String name, String type, Set<String> labels) {}

    /** A page of the server {@code health} or {@code metrics}. */
    public record Path(String server, String path) {}

    public static KubeProxySurface read() {
        try (InputStream in = Objects.requireNonNull(KubeProxySurface.class.getResourceAsStream(RESOURCE))) {
            Map<?, ?> root = (Map<?, ?>) Objects.requireNonNull(
                    YamlTree.documents(in.readAllBytes()).getFirst().plain());
            return new KubeProxySurface(
                    items(root, "flags").stream().map(KubeProxySurface::setting).toList(),
                    items(root, "fields").stream()
                            .map(KubeProxySurface::setting)
                            .toList(),
                    items(root, "metrics").stream()
                            .map(item -> new Metric(text(item, "name"), text(item, "type"), labels(item)))
                            .toList(),
                    items(root, "pages").stream()
                            .map(item -> new Path(text(item, "server"), text(item, "path")))
                            .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (DocumentSyntaxException e) {
            throw new IllegalStateException(RESOURCE, e);
        }
    }

    private static List<Map<?, ?>> items(Map<?, ?> root, String name) {
        return ((List<?>) Objects.requireNonNull(root.get(name), name))
                .stream().<Map<?, ?>>map(item -> (Map<?, ?>) item).toList();
    }

    private static Setting setting(Map<?, ?> item) {
        return new Setting(text(item, "name"), text(item, "default"), Boolean.TRUE.equals(item.get("besideFile")));
    }

    private static Set<String> labels(Map<?, ?> item) {
        Set<String> labels = new TreeSet<>();
        ((List<?>) Objects.requireNonNull(item.get("labels"))).forEach(label -> labels.add((String) label));
        return labels;
    }

    private static String text(Map<?, ?> item, String name) {
        return (String) Objects.requireNonNull(item.get(name), name);
    }
}
