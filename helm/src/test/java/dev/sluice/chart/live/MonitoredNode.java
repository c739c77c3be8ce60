// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.api.ApiFault;
import dev.sluice.testkit.api.FakeApi;
import dev.sluice.testkit.api.TlsIdentity;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLContext;

/**
 * A node of the lab with a daemon that has all that its metrics speak of: a configuration file, an API server on the
 * other node that asks for a client certificate, a folder for snapshots, and a few Services.
 */
final class MonitoredNode implements AutoCloseable {
    static final IpAddress WEB = IpAddress.of("10.96.0.60");
    static final IpAddress DNS = IpAddress.of("10.96.0.10");
    /** In userspace mode it takes one connection at a time. */
    static final IpAddress SMALL = IpAddress.of("10.96.0.90");

    static final int PORT = 80;
    private static final Duration READY = Duration.ofMinutes(3);

    final Lab lab = Lab.create();
    final FakeApi api;
    final DaemonProcess daemon;
    private final SSLContext tls;

    /** Starts the daemon in {@code mode}, and waits until it is ready. */
    MonitoredNode(ProxyMode mode, Path folder) throws IOException {
        this(mode, folder, everything -> false);
    }

    /** @param fault of the API server, from the start on */
    MonitoredNode(ProxyMode mode, Path folder, ApiFault fault) throws IOException {
        InetAddress address =
                LabAddresses.of(LabAddresses.NODE_B, IpFamily.IPV4).toInetAddress();
        TlsIdentity server = TlsIdentity.create(folder, "server", address.getHostAddress());
        TlsIdentity client = TlsIdentity.create(folder, "client", address.getHostAddress());
        tls = server.server(client.certificate());
        api = lab.otherNode().call(() -> new FakeApi(address, 0, 1000, tls));
        putObjects();
        api.misbehave(fault);
        Path configuration = configure(mode, folder, server, client);
        Path snapshots = Files.createDirectories(folder.resolve("state"));
        DaemonOptions options =
                new DaemonOptions(mode, List.of("--config=" + configuration), List.of("--state-dir=" + snapshots));
        daemon = DaemonProcess.start(lab.node(), options, folder.resolve("daemon.log"))
                .awaitReady(READY, IpFamily.IPV4);
    }

    private Path configure(ProxyMode mode, Path folder, TlsIdentity server, TlsIdentity client) throws IOException {
        try {
            Files.writeString(folder.resolve("ca.crt"), server.certificatePem());
            Files.writeString(folder.resolve("client.crt"), client.certificatePem());
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
        Files.writeString(folder.resolve("client.key"), client.keyPem());
        Path kubeconfig = Files.writeString(folder.resolve("kubeconfig"), """
                apiVersion: v1
                kind: Config
                current-context: lab
                contexts: [{name: lab, context: {cluster: lab, user: proxy}}]
                clusters: [{name: lab, cluster: {server: "https://%s:%d", certificate-authority: ca.crt}}]
                users: [{name: proxy, user: {client-certificate: client.crt, client-key: client.key}}]
                """.formatted(
                        LabAddresses.of(LabAddresses.NODE_B, IpFamily.IPV4), api.port()));
        return Files.writeString(folder.resolve("config.conf"), """
                apiVersion: kubeproxy.config.k8s.io/v1alpha1
                kind: KubeProxyConfiguration
                mode: %s
                clusterCIDR: 10.244.0.0/16
                hostnameOverride: node-a
                metricsBindAddress: 0.0.0.0:10249
                clientConnection: {kubeconfig: %s}
                conntrack: {maxPerCore: 0}
                iptables: {minSyncPeriod: 50ms}
                ipvs: {minSyncPeriod: 50ms}
                """.formatted(mode.flagValue(), kubeconfig));
    }

    private void putObjects() {
        api.put("nodes", LabAddresses.NODE_A, """
                {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-a", "resourceVersion": "VERSION"},
                 "spec": {"podCIDRs": ["10.244.1.0/24"]},
                 "status": {"addresses": [{"type": "InternalIP", "address": "192.168.10.1"}]}}""");
        // in ipvs mode an external address is a reason to watch all nodes
        putService("web", WEB, "TCP", "\"sluice.dev/idle-timeout\": \"1s\"", "\"203.0.113.60\"");
        putService("dns", DNS, "UDP", "", "");
        putService("small", SMALL, "TCP", "\"sluice.dev/max-connections\": \"1\"", "");
        putSlice("web", "TCP", 8080, "a3");
        putSlice("small", "TCP", 8080, "b2");
        putSlice("dns", "UDP", 5353, "b3");
    }

    private void putService(
            String name, IpAddress address, String protocol, String annotations, String externalAddress) {
        api.put("services", "shop/" + name, """
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "%1$s", "namespace": "shop",
                 "uid": "%1$s", "resourceVersion": "VERSION", "annotations": {%4$s}},
                 "spec": {"type": "ClusterIP", "clusterIP": "%2$s", "clusterIPs": ["%2$s"], "ipFamilies": ["IPv4"],
                 "externalIPs": [%5$s], "ports": [{"name": "p", "protocol": "%3$s", "port": 80}]}}""".formatted(name, address, protocol, annotations, externalAddress));
    }

    /** Gives a Service one endpoint, as a controller does that has seen the Pod just now. */
    void putSlice(String name, String protocol, int target, String pod) {
        api.put("endpointslices", "shop/" + name, """
                {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "%1$s",
                 "namespace": "shop", "uid": "%1$s", "resourceVersion": "VERSION",
                 "labels": {"kubernetes.io/service-name": "%1$s"},
                 "annotations": {"endpoints.kubernetes.io/last-change-trigger-time": "%2$s"}},
                 "addressType": "IPv4", "ports": [{"name": "p", "protocol": "%3$s", "port": %4$d}],
                 "endpoints": [{"addresses": ["%5$s"], "conditions": {"ready": true}}]}""".formatted(
                        name, Instant.now(), protocol, target, LabAddresses.of(pod, IpFamily.IPV4)));
    }

    /** Takes the API server away. */
    void stopApi() {
        api.stop();
    }

    /** Brings it back. */
    void startApi() {
        lab.otherNode().call(() -> {
            api.listen(tls);
            return api;
        });
    }

    /** Removes rules as a careless program does. */
    void flushRules() {
        lab.node().run("iptables", "-w", "-t", "nat", "-F", "PREROUTING").orThrow();
    }

    @Override
    public void close() {
        if (daemon != null) {
            daemon.close();
        }
        api.close();
        lab.close();
    }
}
