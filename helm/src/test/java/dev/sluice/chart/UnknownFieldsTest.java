// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class UnknownFieldsTest {
    private static List<String> in(String yaml) {
        return KubernetesObjects.of(yaml).stream()
                .flatMap(object -> UnknownFields.in(object).stream())
                .toList();
    }

    @Test
    void namesWhatKubernetesDoesNotKnow() {
        assertThat(in("""
                        apiVersion: apps/v1
                        kind: DaemonSet
                        metadata: {name: a, label: {}}
                        spec:
                          template:
                            spec:
                              hostNetwerk: true
                              containers:
                                - name: a
                                  livenessProbe: {httpGet: {path: /, prot: 1}}
                        """))
                .containsExactlyInAnyOrder(
                        "DaemonSet.metadata.label",
                        "DaemonSet.spec.template.spec.hostNetwerk",
                        "DaemonSet.spec.template.spec.containers.livenessProbe.httpGet.prot");
    }

    @Test
    void namesWhatTheOperatorDoesNotKnow() {
        assertThat(in("""
                        apiVersion: monitoring.coreos.com/v1
                        kind: PodMonitor
                        metadata: {name: a}
                        spec:
                          selector: {matchLabels: {a: b}}
                          podMetricsEndpoints: [{port: metrics, paht: /metrics}]
                        """)).containsExactly("PodMonitor.spec.podMetricsEndpoints.paht");
    }

    @Test
    void findsNothingInWhatIsKnown() {
        assertThat(in("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: None}\n"))
                .isEmpty();
    }
}
