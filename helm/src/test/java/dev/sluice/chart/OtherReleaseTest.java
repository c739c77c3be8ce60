// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.DryRun;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.InstallCommand;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A second release in one cluster is refused with what to do. Helm asks a server that has what Helm looks at: the
 * versions, the kinds of RBAC, and one ClusterRole.
 */
class OtherReleaseTest {
    private static final String ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/sluice";
    private static final Map<String, String> PAGES = Map.of(
            "/version", """
            {"major": "1", "minor": "36", "gitVersion": "v1.36.2"}""",
            "/api", """
            {"kind": "APIVersions", "versions": ["v1"]}""",
            "/apis", """
            {"kind": "APIGroupList", "apiVersion": "v1", "groups": [{"name": "rbac.authorization.k8s.io",
             "versions": [{"groupVersion": "rbac.authorization.k8s.io/v1", "version": "v1"}],
             "preferredVersion": {"groupVersion": "rbac.authorization.k8s.io/v1", "version": "v1"}}]}""",
            "/api/v1", """
            {"kind": "APIResourceList", "groupVersion": "v1", "resources": []}""",
            "/apis/rbac.authorization.k8s.io/v1", """
            {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "rbac.authorization.k8s.io/v1",
             "resources": [{"name": "clusterroles", "singularName": "clusterrole", "namespaced": false,
             "kind": "ClusterRole", "verbs": ["get"]}]}""");

    private HttpServer server;
    private volatile String role = "";

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String page = path.equals(ROLE) && !role.isEmpty() ? role : PAGES.getOrDefault(path, "");
        byte[] body = (page.isEmpty() ? "{\"kind\": \"Status\", \"code\": 404, \"reason\": \"NotFound\"}" : page)
                .getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(page.isEmpty() ? 404 : 200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private InstallCommand install(String release) {
        String kubeconfig = """
                apiVersion: v1
                kind: Config
                clusters: [{name: a, cluster: {server: "http://127.0.0.1:%d"}}]
                contexts: [{name: a, context: {cluster: a, user: a}}]
                current-context: a
                users: [{name: a, user: {}}]
                """.formatted(server.getAddress().getPort());
        return new Helm(Chart.FOLDER)
                .install()
                .withName(release)
                .withNamespace(Chart.NAMESPACE)
                .withKubeConfigContents(kubeconfig)
                .withDryRunOption(DryRun.SERVER)
                .disableOpenApiValidation()
                .withValuesFile(Chart.example("iptables"));
    }

    private void ownedBy(String annotations) {
        role = """
                {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                 "metadata": {"name": "sluice", "annotations": {%s}}, "rules": []}
                """.formatted(annotations);
    }

    @Test
    void aSecondReleaseIsToldOfTheFirst() {
        ownedBy("\"meta.helm.sh/release-name\": \"proxy\", \"meta.helm.sh/release-namespace\": \"network\"");

        assertThatThrownBy(() -> install("second").call())
                .hasMessageContaining("Release proxy in namespace network runs Sluice in this cluster already")
                .hasMessageContaining("helm upgrade proxy --namespace network")
                .hasMessageContaining("another fullnameOverride");
    }

    @Test
    void theChartBesideThePlainManifestsIsToldOfThem() {
        ownedBy("");

        assertThatThrownBy(() -> install("sluice").call())
                .hasMessageContaining("ClusterRole sluice exists, and no Helm release owns it")
                .hasMessageContaining("kubectl delete -f");
    }
}
