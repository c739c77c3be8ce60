// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live.container;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.api.ApiManifests;
import dev.sluice.testkit.api.FakeApi;
import dev.sluice.testkit.api.TlsIdentity;
import dev.sluice.testkit.container.Image;
import dev.sluice.testkit.container.NodeFiles;
import dev.sluice.testkit.container.NodePod;
import dev.sluice.testkit.container.NodePod.Node;
import dev.sluice.testkit.container.PodContainer;
import dev.sluice.testkit.container.PodTemplate;
import dev.sluice.testkit.daemon.VariantHint;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.TemporaryFolder;
import dev.sluice.testkit.timing.Attempts;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A lab whose node runs the chart's Pods, and an API server on the other node, which knows the Pods' account. */
final class PodSite implements AutoCloseable {
    static final int API_PORT = 6443;
    static final String NAMESPACE = "kube-system";
    /** As every Pod's environment names it. */
    private static final IpAddress API = IpAddress.of("10.96.0.1");

    private static final int API_SERVICE_PORT = 443;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration CALL = Duration.ofSeconds(1);
    private static final String TOKEN = "a-token-of-the-account";

    private final TemporaryFolder folder = new TemporaryFolder("sluice-pods");
    private final List<NodePod> pods = new ArrayList<>();
    private final PodMode mode;
    private final Image image;
    private final PodTemplate template;
    private final PodTemplate test;
    private final Lab lab;
    private final FakeApi api;
    private final Node node;

    /** @param rendered the chart's manifests, and the Pod of {@code helm test} */
    PodSite(PodMode mode, Image image, String rendered) throws IOException {
        this.mode = mode;
        this.image = image;
        template = PodTemplate.of(NAMESPACE, rendered);
        test = PodTemplate.ofPod(NAMESPACE, rendered);
        lab = Lab.create();
        try {
            VariantHint.leave(lab.node(), mode.variant());
            TlsIdentity tls = TlsIdentity.create(
                    folder.path(), "api", lab.otherNode().address(IpFamily.IPV4).toString());
            api = lab.otherNode()
                    .call(() -> FakeApi.forAccounts(
                            lab.otherNode().address(IpFamily.IPV4).toInetAddress(), API_PORT, tls.server()));
            NodeFiles files = new NodeFiles(folder.resolve("node"));
            files.account(TOKEN, tls.certificatePem(), NAMESPACE);
            node = new Node(lab.node(), folder.resolve("pods"), files);
        } catch (GeneralSecurityException | IOException | RuntimeException e) {
            lab.close();
            folder.close();
            throw new IOException("no site", e);
        }
        put("""
                apiVersion: v1
                kind: Node
                metadata: {name: %s}
                status: {addresses: [{type: InternalIP, address: %s}, {type: InternalIP, address: "%s"}]}
                """.formatted(
                        LabAddresses.NODE_A,
                        lab.node().address(IpFamily.IPV4),
                        lab.node().address(IpFamily.IPV6)));
    }

    PodMode mode() {
        return mode;
    }

    Lab lab() {
        return lab;
    }

    FakeApi api() {
        return api;
    }

    /** Gives the API server objects, in place of those of the same names. */
    void put(String manifests) {
        ApiManifests.put(api, manifests);
    }

    /** Starts a Pod as it is rendered. */
    NodePod start() {
        return kept(NodePod.start(node, template, image));
    }

    /** Runs the init container alone. */
    void initialize() {
        NodePod.initialize(node, template, image);
    }

    /** Starts the main container alone, changed. */
    NodePod startMain(UnaryOperator<PodContainer> change) {
        return kept(NodePod.startMain(node, template, image, change));
    }

    /** Runs the Pod of {@code helm test}; it calls the Service of the API server. Returns what it printed. */
    String helmTest() {
        put("""
                apiVersion: v1
                kind: Service
                metadata: {name: kubernetes, namespace: default, uid: k}
                spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1], ipFamilies: [IPv4], ports: [{name: https, port: 443}]}
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {name: kubernetes, namespace: default, uid: k, labels: {kubernetes.io/service-name: kubernetes}}
                addressType: IPv4
                ports: [{name: https, port: %d}]
                endpoints: [{addresses: [%s]}]
                """.formatted(API_PORT, lab.otherNode().address(IpFamily.IPV4)));
        Attempts.untilTrue(PATIENCE, "the API server's Service is served", this::servesApi);
        return NodePod.complete(node, test, image);
    }

    private boolean servesApi() {
        try (Connection connection = lab.node().caller().waiting(CALL).connect(API, API_SERVICE_PORT)) {
            return connection.localPort() > 0;
        } catch (IOException e) {
            return false;
        }
    }

    private NodePod kept(NodePod pod) {
        pods.add(pod);
        return pod;
    }

    /** The accounts' tokens of all requests so far. */
    boolean hasSeenAccount() {
        return api.authorizations().contains("Bearer " + TOKEN);
    }

    @Override
    public void close() {
        try (folder;
                lab;
                api) {
            pods.forEach(NodePod::close);
        }
    }
}
