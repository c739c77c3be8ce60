// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.chart.Chart;
import dev.sluice.chart.KubernetesObjects;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.api.ApiManifests;
import dev.sluice.testkit.api.FakeApi;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.timing.Attempts;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The chart's ClusterRole allows what the daemon calls, and nothing else: the daemon runs against an API server that
 * authorizes by that role, and is given reasons for each kind of call.
 */
class RoleTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int TAKEN_PORT = 31999;
    /** With an invalid annotation, an external address, and a health check node port that is taken. */
    private static final String OBJECTS = """
            apiVersion: v1
            kind: Node
            metadata: {name: node-a, uid: n}
            spec: {podCIDRs: [10.244.1.0/24]}
            status: {addresses: [{type: InternalIP, address: 192.168.10.1}]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: shop, uid: s, annotations: {sluice.dev/max-connections: none}}
            spec:
              type: LoadBalancer
              clusterIP: 10.96.0.60
              clusterIPs: [10.96.0.60]
              ipFamilies: [IPv4]
              externalTrafficPolicy: Local
              healthCheckNodePort: 31999
              ports: [{name: p, protocol: TCP, port: 80, nodePort: 30080}]
            status: {loadBalancer: {ingress: [{ip: 203.0.113.10}]}}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: web-1, namespace: shop, uid: e, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            ports: [{name: p, protocol: TCP, port: 8080}]
            endpoints: [{addresses: [10.244.1.2], nodeName: node-a, conditions: {ready: true}}]
            """;

    private static Authorization authorization(ProxyMode mode) throws IOException {
        String objects = Chart.render(Chart.example(mode.flagValue()));
        return new Authorization(
                KubernetesObjects.find(objects, ClusterRole.class, "sluice").getRules());
    }

    /** It has ServiceCIDRs besides, which no other mode reads. */
    @Test
    void allowsWhatNftablesModeCalls(@TempDir Path folder) throws IOException {
        Authorization authorization = authorization(ProxyMode.NFTABLES);
        try (Lab lab = Lab.create();
                FakeApi api = lab.node().call(() -> new FakeApi(0, 1, empty -> ApiManifests.put(empty, OBJECTS)))) {
            api.misbehave(authorization);
            run(lab, api, ProxyMode.NFTABLES, folder, () -> authorization.isDecided("watch", "servicecidrs"));
        }
        assertThat(authorization.denied()).as("calls that the role denies").isEmpty();
    }

    @Test
    void allowsWhatTheDaemonCallsAndNothingElse(@TempDir Path folder) throws IOException {
        Authorization authorization = authorization(ProxyMode.IPTABLES);

        try (Lab lab = Lab.create();
                FakeApi api = lab.node().call(() -> new FakeApi(0, 1, empty -> ApiManifests.put(empty, OBJECTS)));
                ServerSocketChannel taken = lab.node().listen(TAKEN_PORT)) {
            assertThat(taken.isOpen()).isTrue();
            api.misbehave(authorization);
            run(lab, api, ProxyMode.IPTABLES, folder, () -> authorization.isDecided("create", "events"));
            run(lab, api, ProxyMode.USERSPACE, folder, () -> authorization.isDecided("patch", "events"));
        }
        assertThat(authorization.denied()).as("calls that the role denies").isEmpty();
        assertThat(authorization.unused())
                .as("what the role allows and nothing calls")
                .isEmpty();
    }

    private interface Condition {
        boolean holds();
    }

    /** Runs a daemon until it serves the node and {@code done} holds. */
    private static void run(Lab lab, FakeApi api, ProxyMode mode, Path folder, Condition done) {
        List<String> source = List.of("--master=" + api.url());
        Path log = folder.resolve(mode.flagValue() + ".log");
        try (DaemonProcess daemon = DaemonProcess.start(lab.node(), new DaemonOptions(mode, source, List.of()), log)) {
            daemon.awaitReady(LIMIT, IpFamily.IPV4);
            Attempts.untilTrue(LIMIT, "the calls of mode " + mode.flagValue() + "\n" + log, done::holds);
            daemon.terminate(LIMIT);
        }
    }
}
