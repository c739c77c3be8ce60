// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.api.FakeApi;
import dev.sluice.testkit.daemon.ClusterWriter;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabException;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** An API server in the node's namespace, with lists and watches. It keeps objects in memory. */
final class MockApiServer implements ClusterWriter {
    private static final IpAddress LOOPBACK = IpAddress.of("127.0.0.1");
    private final Lab lab;
    private final FakeApi server;
    private final KubernetesSerialization serialization = new KubernetesSerialization();
    private final Map<String, Set<String>> pathsOf = new HashMap<>();

    private MockApiServer(Lab lab, FakeApi server) {
        this.lab = lab;
        this.server = server;
    }

    /** Opens a server that listens in the namespace: threads started by a thread of a namespace live there too. */
    static MockApiServer open(Lab lab, Path folder) {
        return new MockApiServer(lab, lab.node().call(() -> new FakeApi(0, 1)));
    }

    @Override
    public List<String> flags() {
        return List.of("--master=http://127.0.0.1:" + server.port());
    }

    @Override
    public synchronized void write(String name, String yaml) {
        Map<String, GenericKubernetesResource> wanted = new LinkedHashMap<>();
        for (String document : yaml.split("(?m)^---$", -1)) {
            if (!document.isBlank()) {
                GenericKubernetesResource object = serialization.unmarshal(document, GenericKubernetesResource.class);
                wanted.put(path(object) + "/" + object.getMetadata().getName(), object);
            }
        }
        Set<String> known = pathsOf.getOrDefault(name, Set.of());
        known.stream().filter(path -> !wanted.containsKey(path)).forEach(path -> send("DELETE", path, ""));
        wanted.forEach((path, object) -> {
            if (known.contains(path)) {
                send("PUT", path, serialization.asJson(object));
            } else {
                send("POST", path(object), serialization.asJson(object));
            }
        });
        pathsOf.put(name, Set.copyOf(wanted.keySet()));
    }

    @Override
    public synchronized void delete(String name) {
        Set<String> known = pathsOf.remove(name);
        if (known != null) {
            known.forEach(path -> send("DELETE", path, ""));
        }
    }

    @Override
    public String read(String path) {
        return send("GET", path, "");
    }

    @Override
    public void withhold(String plural, boolean on) {
        server.refuseReads(plural, on ? 503 : 0);
    }

    private static String path(GenericKubernetesResource object) {
        String api = object.getApiVersion().contains("/") ? "/apis/" : "/api/";
        String namespace = object.getMetadata().getNamespace();
        return api + object.getApiVersion() + (namespace == null ? "" : "/namespaces/" + namespace) + "/"
                + object.getKind().toLowerCase(Locale.ROOT) + "s";
    }

    private String send(String method, String path, String json) {
        try {
            HttpPage answer = HttpPage.send(lab.node(), LOOPBACK, server.port(), method, path, json);
            if (answer.status() >= 300) {
                throw new LabException(method + " " + path + ": " + answer.status() + " " + answer.body());
            }
            return answer.body();
        } catch (IOException e) {
            throw new LabException(method + " " + path, e);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
