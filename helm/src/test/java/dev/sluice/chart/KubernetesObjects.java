// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Map;

/** Rendered objects as fabric8's types. */
public final class KubernetesObjects {
    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

    private KubernetesObjects() {}

    /** The objects of a rendered chart; kinds of other APIs than Kubernetes' own are generic. */
    public static List<HasMetadata> of(String rendered) {
        return Chart.documents(rendered).stream().map(KubernetesObjects::typed).toList();
    }

    private static HasMetadata typed(Map<String, Object> document) {
        return SERIALIZATION.unmarshal(SERIALIZATION.asJson(document));
    }

    /** The object of a type in a rendered chart with this name. */
    public static <T extends HasMetadata> T find(String rendered, Class<T> type, String name) {
        return of(rendered).stream()
                .filter(type::isInstance)
                .map(type::cast)
                .filter(object -> object.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + type.getSimpleName() + " " + name));
    }

    static String yaml(Object value) {
        return SERIALIZATION.asYaml(value);
    }
}
