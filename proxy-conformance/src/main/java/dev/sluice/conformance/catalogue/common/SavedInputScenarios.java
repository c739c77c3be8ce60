// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabAddresses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Files as other programs write them: saved answers of an API server, joined documents, separators. */
public final class SavedInputScenarios {
    private SavedInputScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("manifest-dumps", "-", "saved lists of the API server and of kubectl are manifests")
                        .act("files as they were saved", SavedInputScenarios::dumps)
                        .build(),
                scenario("config-separators", "-", "a configuration file may begin and end with a separator")
                        .once()
                        .setup(DaemonSetup.DEFAULT.alone().unstarted())
                        .act("start with it", SavedInputScenarios::startWithSeparators)
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .build());
    }

    private static void dumps(Stage stage) {
        String services = stage.allotment().namespace() + "-services.json";
        String slices = stage.allotment().namespace() + "-slices.json";
        String list = stage.allotment().namespace() + "-list.yaml";
        try {
            stage.session()
                    .write(
                            services,
                            "{\"kind\": \"ServiceList\", \"apiVersion\": \"v1\", \"metadata\": {\"resourceVersion\":"
                                    + " \"4711\"}, \"items\": [{" + service(stage, "raw") + "}]}");
            stage.session()
                    .write(
                            slices,
                            "{\"kind\": \"EndpointSliceList\", \"apiVersion\": \"discovery.k8s.io/v1\", \"metadata\":"
                                    + " {}, \"items\": [{" + slice(stage, "raw", "b2") + "}]}");
            // as kubectl writes it, with a byte order mark, and edited on Windows
            stage.session()
                    .write(
                            list,
                            ("\ufeffapiVersion: v1\nkind: List\nmetadata:\n  resourceVersion: \"\"\nitems:\n"
                                            + "- {\"apiVersion\": \"v1\", \"kind\": \"Service\", "
                                            + service(stage, "kl") + "}\n"
                                            + "- {\"apiVersion\": \"v1\", \"kind\": \"Endpoints\", \"metadata\": {\"name\": \"kl\"},"
                                            + " \"subsets\": null}\n"
                                            + "- {\"apiVersion\": \"discovery.k8s.io/v1\", \"kind\": \"EndpointSlice\", "
                                            + slice(stage, "kl", "b3") + "}\n"
                                            + "- {\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"x\"},"
                                            + " \"data\": {\"a\": \"b\"}}\n---\n")
                                    .replace("\n", "\r\n"));
            stage.check(fromPod("a3").to("raw", 80), reaches("b2"));
            stage.check(fromPod("a3").to("kl", 80), reaches("b3"));
        } finally {
            List.of(services, slices, list).forEach(stage.session()::delete);
        }
    }

    private static String service(Stage stage, String name) {
        IpAddress address = stage.allotment().clusterIp(name);
        return "\"metadata\": {\"name\": \"" + name + "\", \"namespace\": \""
                + stage.allotment().namespace()
                + "\", \"labels\": {}, \"annotations\": {}}, \"spec\": {\"clusterIP\": \""
                + address + "\", \"clusterIPs\": [\"" + address + "\"], \"ipFamilies\": [\""
                + address.family().label()
                + "\"], \"ipFamilyPolicy\": \"SingleStack\", \"ports\": [{\"name\": \"http\","
                + " \"port\": 80, \"protocol\": \"TCP\", \"targetPort\": 8080}]}";
    }

    private static String slice(Stage stage, String service, String pod) {
        IpFamily family = stage.family();
        return "\"metadata\": {\"name\": \"" + service + "-1\", \"namespace\": \""
                + stage.allotment().namespace() + "\", \"labels\": {\"kubernetes.io/service-name\": \"" + service
                + "\"}}, \"addressType\": \"" + family.label() + "\", \"endpoints\": [{\"addresses\": [\""
                + LabAddresses.of(pod, family) + "\"], \"conditions\": {\"ready\": true, \"serving\": true,"
                + " \"terminating\": false}}], \"ports\": [{\"name\": \"http\", \"port\": 8080, \"protocol\": \"TCP\"}]";
    }

    private static void startWithSeparators(Stage stage) throws IOException {
        Path file = stage.session().folder().resolve("config.yaml");
        Files.writeString(file, """
                ---
                apiVersion: kubeproxy.config.k8s.io/v1alpha1
                kind: KubeProxyConfiguration
                mode: %s
                conntrack: {maxPerCore: 0, min: 0}
                hostnameOverride: node-a
                clusterCIDR: %s
                ---
                """.formatted(stage.mode().flagValue(), LabAddresses.CLUSTER_CIDR));
        stage.session().launch("--config=" + file);
        stage.session().awaitReady(IpFamily.values());
    }
}
