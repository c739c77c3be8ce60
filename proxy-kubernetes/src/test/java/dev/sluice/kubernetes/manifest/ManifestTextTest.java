// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.kubernetes.RecordingListener;
import org.junit.jupiter.api.Test;

class ManifestTextTest {
    private static final String SERVICE = """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: %s, namespace: shop}
        spec: {clusterIP: 10.96.0.50, ports: [{port: %d}]}
        """;

    private final RecordingListener recorder = new RecordingListener();
    private final ManifestText text = new ManifestText("node-a", recorder);

    @Test
    void onlyDifferencesAreDelivered() {
        text.replace(SERVICE.formatted("web", 80) + SERVICE.formatted("api", 80));
        int first = recorder.log().size();
        text.replace(SERVICE.formatted("web", 80) + SERVICE.formatted("new", 80));

        assertThat(recorder.isSynced()).isTrue();
        assertThat(recorder.log().subList(first, recorder.log().size()))
                .containsExactly("service gone shop/api", "service shop/new");
    }

    @Test
    void anInvalidTextChangesNothing() {
        text.replace(SERVICE.formatted("web", 80));
        text.replace("kind: Service");

        assertThat(recorder.services()).containsOnlyKeys("shop/web");
        assertThat(recorder.problems()).hasSize(1);
        text.replace("");
        assertThat(recorder.services()).isEmpty();
        assertThat(recorder.problems()).isEmpty();
    }
}
