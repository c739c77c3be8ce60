// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.TextFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OciSpecTest {
    private static final String MANIFESTS = """
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings}
            data: {config.yaml: "mode: ipvs\\n"}
            ---
            apiVersion: apps/v1
            kind: DaemonSet
            spec:
              template:
                spec:
                  hostNetwork: true
                  terminationGracePeriodSeconds: 45
                  securityContext: {seccompProfile: {type: RuntimeDefault}}
                  initContainers:
                    - name: first
                      args: [--init-only]
                      securityContext: {privileged: true}
                  containers:
                    - name: main
                      args: [--node=$(NODE_NAME), "$(UNKNOWN)"]
                      env:
                        - {name: NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
                        - {name: COLOUR, value: green}
                      securityContext:
                        capabilities: {drop: [ALL], add: [NET_ADMIN]}
                        readOnlyRootFilesystem: true
                        allowPrivilegeEscalation: false
                      ports: [{name: health, containerPort: 10256}]
                      readinessProbe: {httpGet: {path: /healthz, port: health}}
                      volumeMounts:
                        - {name: settings, mountPath: /etc/sluice/config.yaml, subPath: config.yaml, readOnly: true}
                        - {name: lock, mountPath: /run/xtables.lock}
                  volumes:
                    - {name: settings, configMap: {name: settings}}
                    - {name: lock, hostPath: {path: /run/xtables.lock, type: FileOrCreate}}
            """;
    private static final Image IMAGE = new Image(
            Path.of("/image"), List.of("/bin/daemon"), List.of("--help"), List.of("COLOUR=red", "PATH=/bin"), "", "");
    private static final Map<String, String> FACTS = Map.of("spec.nodeName", "node-a");

    private final PodTemplate pod = PodTemplate.of("kube-system", MANIFESTS);

    @TempDir
    private Path folder;

    @Test
    void theMainContainerHasNoMoreThanItsTemplateSays() throws IOException {
        PodContainer main = pod.mainContainer(FACTS, IMAGE);
        Document spec = Document.of(OciSpec.of(IMAGE, main, List.of(), Path.of("/root-of-it")));
        Document process = spec.map("process");
        assertThat(process.texts("args")).containsExactly("/bin/daemon", "--node=node-a", "$(UNKNOWN)");
        assertThat(process.texts("env")).contains("COLOUR=green", "PATH=/bin", "NODE_NAME=node-a");
        for (String set : List.of("bounding", "effective", "permitted")) {
            assertThat(process.map("capabilities").texts(set)).containsExactly("CAP_NET_ADMIN");
        }
        assertThat(process.map("capabilities").has("ambient")).isFalse();
        assertThat(process.flag("noNewPrivileges", false)).isTrue();
        assertThat(spec.map("root").flag("readonly", false)).isTrue();
        assertThat(spec.map("linux").texts("readonlyPaths")).contains("/proc/sys");
        assertThat(spec.map("linux").has("seccomp")).isEqualTo(OciSpec.hasSeccomp());
        assertThat(sysOptions(spec)).contains("ro");
        assertThat(main.readiness()).isEqualTo(Optional.of(new PodContainer.Probe("/healthz", 10256)));
    }

    @Test
    void aPrivilegedContainerHasWhatThisProcessHas() throws IOException {
        PodContainer init = pod.initContainers(FACTS, IMAGE).getFirst();
        Document spec = Document.of(OciSpec.of(IMAGE, init, List.of(), Path.of("/root-of-it")));
        assertThat(spec.map("process").texts("args")).containsExactly("/bin/daemon", "--init-only");
        assertThat(spec.map("process").map("capabilities").texts("bounding"))
                .containsExactlyInAnyOrderElementsOf(Capabilities.held());
        assertThat(spec.map("linux").has("seccomp")).isFalse();
        assertThat(spec.map("linux").has("readonlyPaths")).isFalse();
        assertThat(sysOptions(spec)).contains("rw");
    }

    @Test
    void volumesAreFilesOfTheNode() throws IOException {
        NodeFiles files = new NodeFiles(folder);
        List<Mount> mounts = files.mounts(pod, pod.mainContainer(FACTS, IMAGE));
        assertThat(TextFile.read(source(mounts, "/etc/sluice/config.yaml"))).isEqualTo("mode: ipvs\n");
        assertThat(source(mounts, "/run/xtables.lock"))
                .isEqualTo(files.at("/run/xtables.lock"))
                .isEmptyFile();
        PodContainer fewer = pod.mainContainer(FACTS, IMAGE).without("/run/xtables.lock");
        assertThat(files.mounts(pod, fewer)).extracting(Mount::destination).doesNotContain("/run/xtables.lock");
    }

    @Test
    void whatIsNotUnderstoodIsRefused() {
        assertThatThrownBy(() -> PodTemplate.of("x", MANIFESTS.replace("hostNetwork: true", "hostNetwork: false")))
                .isInstanceOf(LabException.class)
                .hasMessageContaining("hostNetwork");
        assertThatThrownBy(() -> pod.mainContainer(Map.of(), IMAGE)).hasMessageContaining("NODE_NAME");
        PodTemplate other = PodTemplate.of("x", MANIFESTS.replace("type: FileOrCreate", "type: File"));
        assertThatThrownBy(() -> new NodeFiles(folder).mounts(other, other.mainContainer(FACTS, IMAGE)))
                .hasMessageContaining("/run/xtables.lock");
    }

    private static Path source(List<Mount> mounts, String destination) {
        return mounts.stream()
                .filter(mount -> mount.destination().equals(destination))
                .findFirst()
                .orElseThrow()
                .source();
    }

    private static List<String> sysOptions(Document spec) {
        return spec.maps("mounts").stream()
                .filter(mount -> mount.text("destination", "").equals("/sys"))
                .findFirst()
                .orElseThrow()
                .texts("options");
    }
}
