// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Problem;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the API server answers to a list, and what kubectl prints of it, saved as files. */
class SavedListsTest {
    private static final String SERVICES = """
        {"kind": "ServiceList", "apiVersion": "v1", "metadata": {"resourceVersion": "4711"}, "items": [
          {"metadata": {"name": "raw", "namespace": "shop"},
           "spec": {"clusterIP": "10.97.0.28", "ports": [{"port": 80}]}}]}
        """;

    private static final String SLICES = """
        {"kind": "EndpointSliceList", "apiVersion": "discovery.k8s.io/v1", "metadata": {}, "items": [
          {"metadata": {"name": "raw-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "raw"}},
           "addressType": "IPv4", "endpoints": [{"addresses": ["10.244.1.11"]}], "ports": [{"port": 8080}]}]}
        """;

    private static final String NODES = """
        {"kind": "NodeList", "apiVersion": "v1", "items": [{"metadata": {"name": "node-a"}}]}
        """;

    private static final String OF_KUBECTL = """
        apiVersion: v1
        kind: List
        metadata:
          resourceVersion: ""
        items:
        - apiVersion: v1
          kind: Service
          metadata: {name: raw, namespace: shop}
          spec: {clusterIP: 10.97.0.28, ports: [{port: 80}]}
        - {apiVersion: v1, kind: Endpoints, metadata: {name: raw}, subsets: null}
        - {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: b}}
        """;

    @ParameterizedTest
    @ValueSource(strings = {"saved.json", "saved.yaml"})
    void itemsOfATypedListNeedNoTypeOfTheirOwn(String file) {
        assertThat(objects(file, SERVICES)).containsExactly("Service shop/raw");
        assertThat(objects(file, SLICES)).containsExactly("EndpointSlice shop/raw-1");
        assertThat(objects(file, NODES)).containsExactly("Node node-a");
        assertThat(objects(
                        file,
                        "\ufeff"
                                + (SERVICES + SLICES)
                                        .replace("\n", "\r\n")
                                        .replace("}]}\r\n{", file.endsWith(".json") ? "}]}\r\n{" : "}]}\r\n---\r\n{")))
                .containsExactly("Service shop/raw", "EndpointSlice shop/raw-1");
    }

    @ParameterizedTest
    @CsvSource({
        "'',''",
        "'---\n',''",
        "'','---\n'",
        "'---\n---\n# nothing\n---\n','---\n---\n# the end\n'",
        "'','...\n'"
    })
    void aListOfKubectlIsReadWithSeparatorsByteOrderMarkAndCarriageReturns(String before, String after) {
        String text = before + OF_KUBECTL + after;

        assertThat(objects("list.yaml", text)).containsExactly("Service shop/raw");
        assertThat(objects("list.yaml", "\ufeff" + text)).containsExactly("Service shop/raw");
        assertThat(objects("list.yaml", "\ufeff" + text.replace("\n", "\r\n"))).containsExactly("Service shop/raw");
    }

    /** {@code cat} of two files that each begin with a byte order mark. */
    @Test
    void aByteOrderMarkMayBeginEachDocument() {
        String text = "\ufeff" + OF_KUBECTL + "---\n\ufeff" + SLICES;

        assertThat(objects("list.yaml", text)).containsExactly("Service shop/raw", "EndpointSlice shop/raw-1");
    }

    @Test
    void anItemOfAnUntypedListNeedsItsType() {
        Manifest manifest = read("list.yaml", OF_KUBECTL.replace("  kind: Service\n", ""));

        assertThat(manifest)
                .isInstanceOfSatisfying(
                        Manifest.Invalid.class,
                        invalid -> assertThat(invalid.problems())
                                .extracting(Problem::field, Problem::message)
                                .singleElement()
                                .asString()
                                .contains("items[0].kind", "is required"));
    }

    @Test
    void anErrorInAnItemNamesItsKind() {
        Manifest manifest = read("a.json", SERVICES.replace("80", "\"x\""));

        assertThat(manifest)
                .isInstanceOfSatisfying(
                        Manifest.Invalid.class,
                        invalid -> assertThat(invalid.problems().getFirst().message())
                                .startsWith("Service raw: expected a whole number"));
    }

    private static List<String> objects(String name, String text) {
        Manifest manifest = read(name, text);
        assertThat(manifest).isInstanceOf(Manifest.Valid.class);
        return ((Manifest.Valid) manifest)
                .objects().stream().map(object -> object.ref().toString()).toList();
    }

    private static Manifest read(String name, String text) {
        return new ManifestReader().read(name, text.getBytes(StandardCharsets.UTF_8));
    }
}
