// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An EndpointSlice of a scenario. */
public final class SliceTemplate {
    private final String name;
    private final Map<String, String> labels = new LinkedHashMap<>();
    private final Map<String, String> annotations = new LinkedHashMap<>();
    private final List<String> ports = new ArrayList<>();
    private final List<EndpointTemplate> endpoints = new ArrayList<>();
    private String addressType = "";

    private SliceTemplate(String name) {
        this.name = name;
    }

    /** A slice of a Service, named {@code SERVICE-SUFFIX}. */
    public static SliceTemplate slice(String service, String suffix) {
        return new SliceTemplate(service + "-" + suffix).label("kubernetes.io/service-name", service);
    }

    public SliceTemplate label(String key, String value) {
        labels.put(key, value);
        return this;
    }

    public SliceTemplate annotation(String key, String value) {
        annotations.put(key, value);
        return this;
    }

    public SliceTemplate withoutLabel(String key) {
        labels.remove(key);
        return this;
    }

    public SliceTemplate port(String portName, Protocol protocol, int number) {
        ports.add("- {name: \"" + portName + "\", protocol: " + protocol + ", port: " + number + "}\n");
        return this;
    }

    /** Adds a port without a number. */
    public SliceTemplate portWithoutNumber(String portName) {
        ports.add("- {name: \"" + portName + "\", protocol: TCP}\n");
        return this;
    }

    public SliceTemplate endpoints(EndpointTemplate... more) {
        endpoints.addAll(List.of(more));
        return this;
    }

    public SliceTemplate on(String... pods) {
        for (String pod : pods) {
            endpoints.add(EndpointTemplate.endpoint(pod));
        }
        return this;
    }

    /** Sets another address type than the family's, e.g. {@code FQDN}. */
    public SliceTemplate addressType(String type) {
        addressType = type;
        return this;
    }

    String yaml(String namespace, IpFamily family) {
        StringBuilder s = new StringBuilder("---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n");
        String suffix = family == IpFamily.IPV4 ? "-v4" : "-v6";
        s.append("  name: ")
                .append(name)
                .append(suffix)
                .append("\n  namespace: ")
                .append(namespace);
        s.append("\n  labels:\n    lab: sluice\n");
        labels.forEach(
                (k, v) -> s.append("    ").append(k).append(": \"").append(v).append("\"\n"));
        s.append(annotations.isEmpty() ? "" : "  annotations:\n");
        annotations.forEach(
                (k, v) -> s.append("    ").append(k).append(": \"").append(v).append("\"\n"));
        s.append("addressType: ").append(addressType.isEmpty() ? family.label() : addressType);
        s.append(ports.isEmpty() ? "\nports: []\n" : "\nports:\n");
        ports.forEach(s::append);
        s.append(endpoints.isEmpty() ? "endpoints: []\n" : "endpoints:\n");
        endpoints.forEach(e -> s.append(e.yaml(family)));
        return s.toString();
    }
}
