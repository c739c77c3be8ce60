// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import dev.sluice.testkit.container.PodContainer.Probe;
import dev.sluice.testkit.container.PodContainer.VolumeMount;
import dev.sluice.testkit.lab.LabException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The Pod of a rendered DaemonSet, with the ConfigMaps beside it.
 *
 * @param namespace where it is installed
 * @param spec the Pod's
 * @param configMaps each one's files by name
 */
public record PodTemplate(String namespace, Document spec, Map<String, Map<String, String>> configMaps) {

    /**
     * Reads rendered manifests that have one DaemonSet.
     *
     * @param namespace of the release
     */
    public static PodTemplate of(String namespace, String manifests) {
        List<Document> daemonSets = objects(manifests, "DaemonSet");
        if (daemonSets.size() != 1) {
            throw new LabException(daemonSets.size() + " DaemonSets, not one, in the rendered manifests");
        }
        return of(namespace, daemonSets.getFirst().map("spec").map("template").map("spec"), manifests);
    }

    /** The one Pod of {@code manifests} that is no DaemonSet's. */
    public static PodTemplate ofPod(String namespace, String manifests) {
        List<Document> pods = objects(manifests, "Pod");
        if (pods.size() != 1) {
            throw new LabException(pods.size() + " Pods, not one, in the rendered manifests");
        }
        return of(namespace, pods.getFirst().map("spec"), manifests);
    }

    private static PodTemplate of(String namespace, Document pod, String manifests) {
        if (!pod.flag("hostNetwork", false)) {
            throw new LabException("the Pod has no hostNetwork");
        }
        Map<String, Map<String, String>> configMaps = new HashMap<>();
        for (Document each : objects(manifests, "ConfigMap")) {
            configMaps.put(each.map("metadata").text("name", ""), strings(each.map("data")));
        }
        return new PodTemplate(namespace, pod, configMaps);
    }

    private static List<Document> objects(String manifests, String kind) {
        List<Document> objects = new ArrayList<>();
        for (Object each : new Load(LoadSettings.builder().build()).loadAllFromString(manifests)) {
            if (each != null && Document.of(each).text("kind", "").equals(kind)) {
                objects.add(Document.of(each));
            }
        }
        return objects;
    }

    private static Map<String, String> strings(Document data) {
        Map<String, String> result = new LinkedHashMap<>();
        data.fields().forEach((name, value) -> result.put(name, String.valueOf(value)));
        return result;
    }

    /** The init containers, in order. */
    List<PodContainer> initContainers(Map<String, String> facts, Image image) {
        return spec.maps("initContainers").stream()
                .map(each -> container(each, facts, image))
                .toList();
    }

    /** The one main container. */
    PodContainer mainContainer(Map<String, String> facts, Image image) {
        List<Document> containers = spec.maps("containers");
        if (containers.size() != 1) {
            throw new LabException(containers.size() + " containers, not one");
        }
        return container(containers.getFirst(), facts, image);
    }

    Duration gracePeriod() {
        return Duration.ofSeconds(Long.parseLong(spec.text("terminationGracePeriodSeconds", "30")));
    }

    /** @param facts what a {@code fieldRef} may name, e.g. {@code spec.nodeName} */
    private PodContainer container(Document container, Map<String, String> facts, Image image) {
        Map<String, String> environment = new LinkedHashMap<>();
        // every container gets them; a proxy cannot use them, since it is what makes the address work
        environment.put("KUBERNETES_SERVICE_HOST", "10.96.0.1");
        environment.put("KUBERNETES_SERVICE_PORT", "443");
        for (Document each : container.maps("env")) {
            environment.put(each.text("name", ""), value(each, facts));
        }
        return new PodContainer(
                container.text("name", ""),
                container.texts("command"),
                container.texts("args"),
                environment,
                Rights.of(container.map("securityContext"), spec.map("securityContext"), image.user()),
                container.maps("volumeMounts").stream()
                        .map(mount -> new VolumeMount(
                                mount.text("name", ""),
                                mount.text("mountPath", ""),
                                mount.text("subPath", ""),
                                mount.flag("readOnly", false)))
                        .toList(),
                probe(container));
    }

    private static String value(Document variable, Map<String, String> facts) {
        if (!variable.has("valueFrom")) {
            return variable.text("value", "");
        }
        String field = variable.map("valueFrom").map("fieldRef").text("fieldPath", "");
        String value = facts.get(field);
        if (value == null) {
            throw new LabException("the variable " + variable.text("name", "") + " has a source that is unknown here: "
                    + variable.map("valueFrom").fields());
        }
        return value;
    }

    private static Optional<Probe> probe(Document container) {
        Document get = container.map("readinessProbe").map("httpGet");
        if (!get.has("port")) {
            return Optional.empty();
        }
        String port = get.text("port", "");
        String number = container.maps("ports").stream()
                .filter(each -> each.text("name", "").equals(port))
                .map(each -> each.text("containerPort", ""))
                .findFirst()
                .orElse(port);
        return Optional.of(new Probe(get.text("path", "/"), Integer.parseInt(number)));
    }
}
