// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A manifest with a mistake is refused with the place of the mistake. */
class ManifestMistakesTest extends ReadManifests {
    private static final String SLICE = """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: x}
        addressType: IPv4
        """;

    record Mistake(String name, String file, String content, String field, String message) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Mistake> mistakes() {
        return List.of(
                new Mistake(
                        "syntax",
                        "a.yaml",
                        "apiVersion: v1\nkind: Service\nmetadata: {name: web\nspec: {}\n",
                        "line 4",
                        "expected ',' or '}'"),
                new Mistake("tab", "a.yaml", "apiVersion: v1\nkind: Service\nspec:\n\tports: []\n", "line 4", "\\t"),
                new Mistake(
                        "field twice",
                        "a.yaml",
                        "apiVersion: v1\nkind: Service\nkind: Node\n",
                        "line 3",
                        "the field \"kind\" occurs twice"),
                new Mistake(
                        "a text for a port",
                        "a.yaml",
                        SERVICE.replace("port: 80", "port: eighty"),
                        "line 6: spec.ports[0].port",
                        "Service web: expected a whole number, got the string \"eighty\""),
                new Mistake(
                        "a quoted port",
                        "a.yaml",
                        SERVICE.replace("port: 80", "port: \"80\""),
                        "line 6: spec.ports[0].port",
                        "write it without quotes"),
                new Mistake(
                        "no port",
                        "a.yaml",
                        SERVICE.replace("port: 80", "name: http"),
                        "line 6: spec.ports[0].port",
                        "is required"),
                new Mistake(
                        "a port out of range",
                        "a.yaml",
                        SERVICE.replace("port: 80", "port: 80, nodePort: 70000"),
                        "line 6: spec.ports[0].nodePort",
                        "expected a port from 1 to 65535, got 70000"),
                new Mistake(
                        "a number too large for anything",
                        "a.yaml",
                        SERVICE.replace("port: 80", "port: 99999999999999999999"),
                        "line 6: spec.ports[0].port",
                        "got the number 99999999999999999999"),
                new Mistake(
                        "unknown protocol",
                        "a.yaml",
                        SERVICE.replace("port: 80", "port: 80, protocol: tcp"),
                        "line 6: spec.ports[0].protocol",
                        "expected one of TCP, UDP, SCTP, got \"tcp\""),
                new Mistake(
                        "unknown type",
                        "a.yaml",
                        SERVICE.replace("clusterIP:", "type: Nodeport\n  clusterIP:"),
                        "line 5: spec.type",
                        "expected one of ClusterIP, NodePort"),
                new Mistake(
                        "an object for a list",
                        "a.yaml",
                        SERVICE.replace("[{port: 80}]", "{port: 80}"),
                        "line 6: spec.ports",
                        "expected a list, got an object"),
                new Mistake(
                        "a text for an object",
                        "a.yaml",
                        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: none\n",
                        "line 4: spec",
                        "expected an object, got the string \"none\""),
                new Mistake(
                        "a flag for a label",
                        "a.yaml",
                        SERVICE.replace("namespace: shop", "labels: {service.kubernetes.io/service-proxy-name: true}"),
                        "line 3: metadata.labels[service.kubernetes.io/service-proxy-name]",
                        "expected a string, got true: put it in quotes"),
                new Mistake(
                        "no name",
                        "a.yaml",
                        "apiVersion: v1\nkind: Service\nmetadata:\n  namespace: shop\n",
                        "line 4: metadata.name",
                        "is required"),
                new Mistake(
                        "no kind", "a.yaml", "apiVersion: v1\nmetadata: {name: x}\n", "line 1: kind", "is required"),
                new Mistake(
                        "a kind misspelled",
                        "a.yaml",
                        SERVICE.replace("kind: Service", "kind: Sevrice"),
                        "line 2: kind",
                        "did you mean Service?"),
                new Mistake(
                        "a kind in lower case",
                        "a.yaml",
                        "apiVersion: discovery.k8s.io/v1\nkind: endpointslice\n",
                        "line 2: kind",
                        "did you mean EndpointSlice?"),
                new Mistake(
                        "an old version",
                        "a.yaml",
                        "apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\n",
                        "line 1: apiVersion",
                        "use discovery.k8s.io/v1"),
                new Mistake(
                        "a slice without addresses",
                        "a.yaml",
                        SLICE + "endpoints:\n- conditions: {ready: true}\n",
                        "line 6: endpoints[0].addresses",
                        "EndpointSlice x: at least one address is required"),
                new Mistake(
                        "a slice without address type",
                        "a.yaml",
                        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: x}\n",
                        "line 1: addressType",
                        "is required"),
                new Mistake(
                        "a condition that is not true or false",
                        "a.yaml",
                        SLICE + "endpoints:\n- addresses: [10.0.0.1]\n  conditions:\n    ready: \"yes\"\n",
                        "line 8: endpoints[0].conditions.ready",
                        "expected true or false, got the string \"yes\""),
                new Mistake(
                        "a bad time",
                        "a.yaml",
                        SERVICE.replace("namespace: shop", "creationTimestamp: yesterday"),
                        "line 3: metadata.creationTimestamp",
                        "expected a time"),
                new Mistake(
                        "in the second document",
                        "a.yaml",
                        SERVICE + "---\n" + SERVICE.replace("port: 80", "port: x"),
                        "line 13: spec.ports[0].port",
                        "expected a whole number"),
                new Mistake(
                        "inside a list",
                        "a.yaml",
                        """
                        apiVersion: v1
                        kind: List
                        items:
                        - apiVersion: v1
                          kind: Service
                          metadata: {name: 7}
                        """,
                        "line 6: items[0].metadata.name",
                        "expected a string, got the number 7"),
                new Mistake("no object at all", "a.yaml", "- 1\n- 2\n", "line 1", "expected an object"),
                new Mistake(
                        "JSON syntax",
                        "a.json",
                        "{\n \"apiVersion\": \"v1\",\n \"kind\": \"Service\",\n oops\n}",
                        "line 4",
                        "Unexpected character"),
                new Mistake(
                        "JSON with a wrong type",
                        "a.json",
                        """
                        {"apiVersion": "v1", "kind": "Service",
                        "metadata": {"name": "web"},
                        "spec": {
                        "ports": [
                        {"port": true}]}}
                        """,
                        "line 5: spec.ports[0].port",
                        "expected a whole number, got true"),
                new Mistake("JSON cut short", "a.json", "{\"apiVersion\": \"v1\",\n", "line 2", "Unexpected end"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeIsReportedWithItsPlace(Mistake mistake) {
        Manifest manifest = read(mistake.file(), mistake.content());

        assertThat(manifest).isInstanceOf(Manifest.Invalid.class);
        List<Problem> problems = ((Manifest.Invalid) manifest).problems();
        assertThat(problems).anySatisfy(problem -> {
            assertThat(problem.object()).hasToString(mistake.file());
            assertThat(problem.field()).isEqualTo(mistake.field());
            assertThat(problem.message())
                    .contains(mistake.message())
                    .endsWith("the last good version of this file stays in force");
        });
    }

    @Test
    void oneMistakeIsReportedOnce() {
        Manifest manifest = read("a.yaml", SERVICE.replace("port: 80", "port: eighty"));

        assertThat(((Manifest.Invalid) manifest).problems()).hasSize(1);
    }
}
