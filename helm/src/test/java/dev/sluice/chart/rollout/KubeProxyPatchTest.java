// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** deploy/kube-proxy-patch.yaml, applied to kube-proxy's DaemonSet as kubeadm makes it. */
class KubeProxyPatchTest {
    private static final Path PATCH = Path.of("..", "deploy", "kube-proxy-patch.yaml");
    private static final String LABEL = "sluice.dev/enabled";

    /** What kubeadm 1.36 installs, with what decides where its Pods run and how. */
    private static final String STOCK = """
            apiVersion: apps/v1
            kind: DaemonSet
            metadata:
              labels: {k8s-app: kube-proxy}
              name: kube-proxy
              namespace: kube-system
            spec:
              selector: {matchLabels: {k8s-app: kube-proxy}}
              updateStrategy: {type: RollingUpdate}
              template:
                metadata:
                  labels: {k8s-app: kube-proxy}
                spec:
                  priorityClassName: system-node-critical
                  containers:
                  - name: kube-proxy
                    image: kube-proxy:v1.36.2
                    imagePullPolicy: IfNotPresent
                    command:
                    - /usr/local/bin/kube-proxy
                    - --config=/var/lib/kube-proxy/config.conf
                    - --hostname-override=$(NODE_NAME)
                    securityContext: {privileged: true}
                    volumeMounts:
                    - {mountPath: /var/lib/kube-proxy, name: kube-proxy}
                    - {mountPath: /run/xtables.lock, name: xtables-lock}
                    - {mountPath: /lib/modules, name: lib-modules, readOnly: true}
                    env:
                    - name: NODE_NAME
                      valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
                  hostNetwork: true
                  serviceAccountName: kube-proxy
                  volumes:
                  - name: kube-proxy
                    configMap: {name: kube-proxy}
                  - name: xtables-lock
                    hostPath: {path: /run/xtables.lock, type: FileOrCreate}
                  - name: lib-modules
                    hostPath: {path: /lib/modules}
                  tolerations:
                  - operator: Exists
                  nodeSelector: {kubernetes.io/os: linux}
            """;

    @Test
    void keepsKubeProxyAwayFromLabelledNodesOnly() throws IOException {
        PodSpec spec = patched().getSpec().getTemplate().getSpec();
        assertThat(runsOn(spec, Map.of())).isTrue();
        assertThat(runsOn(spec, Map.of(LABEL, "false"))).isTrue();
        assertThat(runsOn(spec, Map.of("other", "true"))).isTrue();
        assertThat(runsOn(spec, Map.of(LABEL, "true"))).isFalse();
    }

    @Test
    void changesNothingElse() throws IOException {
        DaemonSet patched = patched();
        patched.getSpec().getTemplate().getSpec().setAffinity(null);
        assertThat(patched).isEqualTo(Serialization.unmarshal(STOCK, DaemonSet.class));
    }

    @Test
    void hasNoFieldThatADaemonSetLacks() throws IOException {
        assertThat(Serialization.asYaml(patched())).contains("operator: \"NotIn\"");
        assertThat(patched().getSpec().getTemplate().getSpec().getAdditionalProperties())
                .isEmpty();
        assertThat(patched()
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getAffinity()
                        .getNodeAffinity()
                        .getAdditionalProperties())
                .isEmpty();
    }

    private static DaemonSet patched() throws IOException {
        Map<String, Object> target = map(STOCK);
        Map<String, Object> merged = merge(target, map(Files.readString(PATCH)));
        return Serialization.unmarshal(Serialization.asYaml(merged), DaemonSet.class);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(String yaml) {
        return Serialization.unmarshal(yaml, Map.class);
    }

    /** A JSON merge patch (RFC 7386): objects are merged, everything else is replaced. */
    @SuppressWarnings("unchecked")
    private static Map<String, Object> merge(Map<String, Object> target, Map<String, Object> patch) {
        Map<String, Object> merged = new LinkedHashMap<>(target);
        patch.forEach((key, value) -> {
            if (value instanceof Map<?, ?> inner) {
                Object old = merged.get(key);
                merged.put(key, merge(old instanceof Map<?, ?> ? (Map<String, Object>) old : Map.of(), (Map<
                                String, Object>)
                        inner));
            } else if (value == null) {
                merged.remove(key);
            } else {
                merged.put(key, value);
            }
        });
        return merged;
    }

    /** As the scheduler decides by node affinity: one of the terms must hold, with all of its expressions. */
    private static boolean runsOn(PodSpec spec, Map<String, String> labels) {
        List<NodeSelectorTerm> terms = spec.getAffinity()
                .getNodeAffinity()
                .getRequiredDuringSchedulingIgnoredDuringExecution()
                .getNodeSelectorTerms();
        return terms.stream()
                .anyMatch(term -> term.getMatchExpressions().stream().allMatch(each -> holds(each, labels)));
    }

    private static boolean holds(NodeSelectorRequirement requirement, Map<String, String> labels) {
        boolean in = requirement.getValues().contains(labels.get(requirement.getKey()));
        return switch (requirement.getOperator()) {
            case "In" -> in;
            case "NotIn" -> !in;
            default -> throw new IllegalStateException(requirement.getOperator());
        };
    }
}
