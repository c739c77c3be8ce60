// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.LintResult;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file of {@code ci} gives objects that Kubernetes knows, with no more rights than the daemon needs. */
class ChartRenderTest {
    static List<Path> examples() {
        return Chart.examples();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void lintFindsNothing(Path values) {
        LintResult result = Chart.lint(values);
        assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
        assertThat(result.getMessages())
                .filteredOn(message -> !message.contains("icon is recommended"))
                .noneMatch(message -> message.contains("[WARNING]") || message.contains("[ERROR]"));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void everyFieldIsKnownToKubernetes(Path values) {
        for (String version : Chart.KUBERNETES) {
            List<HasMetadata> objects = KubernetesObjects.of(Chart.render(values, version));
            assertThat(objects).hasSizeGreaterThan(1);
            assertThat(objects.stream().flatMap(object -> UnknownFields.in(object).stream()))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void theTestPodAsksTheNodesDaemon(Path values) {
        String rendered = Chart.renderTest(values);
        String after = rendered.substring(4);
        String document = after.contains("\n---\n") ? after.substring(0, after.indexOf("\n---\n")) : after;
        Pod pod = (Pod) KubernetesObjects.of(document).getFirst();

        assertThat(UnknownFields.in(pod)).isEmpty();
        assertThat(pod.getSpec().getHostNetwork()).isTrue();
        Container container = pod.getSpec().getContainers().getFirst();
        assertThat(container.getArgs())
                .startsWith("explain", "$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT)", "--connect")
                .last(InstanceOfAssertFactories.STRING)
                .matches("--server=[0-9.]+:10[23]49");
        assertThat(container.getSecurityContext().getCapabilities().getAdd()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void everyObjectIsNamedOnceAndLabelled(Path values) {
        List<HasMetadata> objects = KubernetesObjects.of(Chart.render(values));

        assertThat(objects.stream().map(o -> o.getKind() + " " + o.getMetadata().getName()))
                .doesNotHaveDuplicates();
        assertThat(objects).allSatisfy(object -> {
            assertThat(object.getMetadata().getLabels())
                    .containsEntry("app.kubernetes.io/name", "sluice")
                    .containsEntry("app.kubernetes.io/instance", Chart.RELEASE);
            if (!object.getKind().startsWith("ClusterRole")) {
                assertThat(object.getMetadata().getNamespace())
                        .as("%s", object.getKind())
                        .isEqualTo(Chart.NAMESPACE);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("examples")
    void everyMountHasItsVolumeAndEveryVolumeAMount(Path values) {
        for (PodSpec pod :
                daemonSets(values).map(d -> d.getSpec().getTemplate().getSpec()).toList()) {
            Set<String> volumes = new TreeSet<>();
            pod.getVolumes().stream().map(Volume::getName).forEach(volumes::add);
            assertThat(containers(pod))
                    .allSatisfy(container -> assertThat(container.getVolumeMounts().stream()
                                    .map(VolumeMount::getName)
                                    .toList())
                            .containsExactlyInAnyOrderElementsOf(volumes));
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void onlyTheInitContainerIsPrivileged(Path values) {
        for (DaemonSet set : daemonSets(values).toList()) {
            PodSpec pod = set.getSpec().getTemplate().getSpec();
            assertThat(pod.getHostNetwork()).isTrue();
            assertThat(pod.getHostPID()).isNull();
            for (Container container : containers(pod).toList()) {
                SecurityContext security = container.getSecurityContext();
                assertThat(security.getReadOnlyRootFilesystem()).isTrue();
                if (container.getName().equals("init")) {
                    assertThat(container.getArgs()).contains("--init-only");
                    assertThat(security.getPrivileged()).isTrue();
                } else {
                    assertRestricted(security);
                }
            }
        }
    }

    private static void assertRestricted(SecurityContext security) {
        assertThat(security.getPrivileged()).isFalse();
        assertThat(security.getAllowPrivilegeEscalation()).isFalse();
        assertThat(security.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(security.getCapabilities().getAdd())
                .startsWith("NET_ADMIN")
                .isSubsetOf("NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE", "SYS_RESOURCE");
    }

    @Test
    void nftablesModeNeedsNoRawSocket() {
        assertThat(capabilities("nftables")).containsExactly("NET_ADMIN");
        for (String mode : List.of("iptables", "ipvs", "userspace")) {
            assertThat(capabilities(mode)).as(mode).containsExactly("NET_ADMIN", "NET_RAW");
        }
    }

    private static List<String> capabilities(String mode) {
        String rendered = Chart.render("mode: " + mode + "\napiServer: {host: 192.168.0.10}\n");
        return KubernetesObjects.find(rendered, DaemonSet.class, "sluice")
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getSecurityContext()
                .getCapabilities()
                .getAdd();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void podsRunWhereTheImageCan(Path values) {
        assertThat(daemonSets(values))
                .isNotEmpty()
                .allSatisfy(set -> assertThat(set.getSpec()
                                .getTemplate()
                                .getSpec()
                                .getAffinity()
                                .getNodeAffinity()
                                .getRequiredDuringSchedulingIgnoredDuringExecution()
                                .getNodeSelectorTerms())
                        .singleElement()
                        .satisfies(term -> assertThat(term.getMatchExpressions())
                                .anySatisfy(condition -> {
                                    assertThat(condition.getKey()).isEqualTo("kubernetes.io/arch");
                                    assertThat(condition.getOperator()).isEqualTo("In");
                                    assertThat(condition.getValues()).isSubsetOf("amd64", "arm64");
                                })));
    }

    /** The image has no shell that would read them from the environment. */
    @Test
    void javaOptionsAndThoseOfTheModeReachTheJvm() {
        String values = "apiServer: {host: 192.0.2.1}\njavaOptions: -Xmx1g  -Xss1m\n";
        assertThat(daemonCommand(values + "mode: iptables\n")).containsSequence("@/opt/sluice/jvm.options", "-Xmx1g");
        assertThat(daemonCommand(values + "mode: userspace\n"))
                .containsExactly(
                        "/opt/sluice/runtime/bin/java",
                        "@/opt/sluice/jvm.options",
                        "@/opt/sluice/jvm-userspace.options",
                        "-Xmx1g",
                        "-Xss1m",
                        "-jar",
                        "/opt/sluice/sluice-daemon.jar");
        assertThat(daemonCommand("mode: ipvs\napiServer: {host: 192.0.2.1}\n"))
                .as("the image's entry point")
                .isEmpty();
    }

    private static List<String> daemonCommand(String values) {
        return KubernetesObjects.of(Chart.render(values)).stream()
                .filter(DaemonSet.class::isInstance)
                .map(DaemonSet.class::cast)
                .map(set ->
                        set.getSpec().getTemplate().getSpec().getContainers().getFirst())
                .filter(container -> "sluice".equals(container.getName()))
                .findFirst()
                .orElseThrow()
                .getCommand();
    }

    @Test
    void aChangeOfTheConfigurationReplacesThePods() {
        String one = checksum("mode: iptables\napiServer: {host: 192.168.0.10}\n");
        String other = checksum("mode: userspace\napiServer: {host: 192.168.0.10}\n");
        String labelled = checksum("mode: iptables\napiServer: {host: 192.168.0.10}\ncommonLabels: {a: b}\n");

        assertThat(other).isNotEqualTo(one);
        assertThat(labelled).isEqualTo(one);
    }

    private static String checksum(String values) {
        return Objects.requireNonNull(KubernetesObjects.find(Chart.render(values), DaemonSet.class, "sluice")
                .getSpec()
                .getTemplate()
                .getMetadata()
                .getAnnotations()
                .get("checksum/config"));
    }

    private static Stream<DaemonSet> daemonSets(Path values) {
        return KubernetesObjects.of(Chart.render(values)).stream()
                .filter(DaemonSet.class::isInstance)
                .map(DaemonSet.class::cast);
    }

    private static Stream<Container> containers(PodSpec pod) {
        return Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream());
    }
}
