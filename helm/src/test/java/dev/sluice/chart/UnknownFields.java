// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fields that Kubernetes does not know. Its own objects are checked against fabric8's types, which keep what they do
 * not know as additional properties; those of the Prometheus Operator against the fields that the chart uses.
 */
final class UnknownFields {
    private static final String ADDITIONAL = "additionalProperties";
    /** By their names in the operator's API reference, monitoring.coreos.com/v1. */
    private static final Map<String, Set<String>> MONITORING = Map.of(
            "PodMonitor",
            Set.of(
                    "jobLabel",
                    "selector.matchLabels",
                    "podMetricsEndpoints.port",
                    "podMetricsEndpoints.path",
                    "podMetricsEndpoints.honorLabels",
                    "podMetricsEndpoints.interval",
                    "podMetricsEndpoints.relabelings.sourceLabels",
                    "podMetricsEndpoints.relabelings.targetLabel"),
            "ServiceMonitor",
            Set.of(
                    "jobLabel",
                    "selector.matchLabels",
                    "endpoints.port",
                    "endpoints.path",
                    "endpoints.honorLabels",
                    "endpoints.interval",
                    "endpoints.relabelings.sourceLabels",
                    "endpoints.relabelings.targetLabel"),
            "PrometheusRule",
            Set.of(
                    "groups.name",
                    "groups.interval",
                    "groups.rules.alert",
                    "groups.rules.record",
                    "groups.rules.expr",
                    "groups.rules.for",
                    "groups.rules.keep_firing_for",
                    "groups.rules.labels",
                    "groups.rules.annotations"));

    private UnknownFields() {}

    /** The path of each unknown field, e.g. {@code DaemonSet.spec.template.spec.hostNetwerk}. */
    static List<String> in(HasMetadata object) {
        List<String> found = new ArrayList<>();
        if (object instanceof GenericKubernetesResource generic) {
            Set<String> known = MONITORING.getOrDefault(generic.getKind(), Set.of());
            generic.getAdditionalProperties().forEach((key, value) -> {
                if (key.equals("spec")) {
                    generic(generic.getKind(), "", value, known, found);
                } else {
                    found.add(generic.getKind() + "." + key);
                }
            });
        } else {
            typed(object.getKind(), object, found);
        }
        return found;
    }

    private static void generic(String kind, String path, Object value, Set<String> known, List<String> found) {
        if (known.contains(path)) {
            return;
        }
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, each) ->
                    generic(kind, path.isEmpty() ? String.valueOf(key) : path + "." + key, each, known, found));
        } else if (value instanceof List<?> list && !list.isEmpty()) {
            list.forEach(each -> generic(kind, path, each, known, found));
        } else if (!(value instanceof List<?>)) {
            found.add(kind + ".spec." + path);
        }
    }

    private static void typed(String path, Object object, List<String> found) {
        if (object instanceof List<?> list) {
            list.forEach(each -> typed(path, each, found));
        }
        if (!object.getClass().getPackageName().startsWith("io.fabric8.")) {
            return;
        }
        for (Class<?> type = object.getClass(); type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers())) {
                    Object value = value(field, object);
                    if (field.getName().equals(ADDITIONAL) && value instanceof Map<?, ?> map) {
                        map.keySet().forEach(key -> found.add(path + "." + key));
                    } else if (value != null) {
                        typed(path + "." + field.getName(), value, found);
                    }
                }
            }
        }
    }

    private static @Nullable Object value(Field field, Object object) {
        try {
            field.setAccessible(true);
            return field.get(object);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
