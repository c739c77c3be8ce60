// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.model;

import dev.sluice.core.net.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Manifests of many Services with five IPv4 endpoints each, in JSON as an API server's, a hundred to a file, and of a
 * few more that change, each in its own file. Cluster addresses are spread over 10.96.0.0/12 as a cluster's allocator
 * spreads them, the same in every run.
 */
public final class ManyServices {
    /** The port of every Service. */
    public static final int PORT = 80;
    /** The number of endpoints of every Service. */
    public static final int ENDPOINTS = 5;

    private static final int PER_FILE = 100;
    private static final int RANGE = 1 << 20; // 10.96.0.0/12
    private static final int CHANGING = RANGE - 1;
    private static final int COMING = RANGE - 2;

    private final Path directory;
    private final List<IpAddress> shared;
    private final int targetPort;

    private ManyServices(Path directory, List<IpAddress> shared, int targetPort) {
        this.directory = directory;
        this.shared = List.copyOf(shared);
        this.targetPort = targetPort;
    }

    /** Gives every Service endpoints of its own, which do not exist. */
    public static ManyServices withoutPods(Path directory) {
        return new ManyServices(directory, List.of(), 8080);
    }

    /** Gives all Services these {@value #ENDPOINTS} Pods as endpoints. */
    public static ManyServices on(List<IpAddress> pods, int targetPort, Path directory) {
        if (pods.size() != ENDPOINTS) {
            throw new IllegalArgumentException(ENDPOINTS + " Pods are wanted, not " + pods.size());
        }
        return new ManyServices(directory, pods, targetPort);
    }

    /** Writes {@code services} Services, and the one that changes. */
    public void write(int services) throws IOException {
        for (int from = 0; from < services; from += PER_FILE) {
            StringBuilder file = new StringBuilder();
            for (int i = from; i < Math.min(from + PER_FILE, services); i++) {
                append(file, "svc-" + i, clusterIp(i), endpoints(i));
            }
            Files.writeString(directory.resolve("services-%05d.json".formatted(from)), file);
        }
        replaceOne(0);
    }

    /** Replaces all endpoints of the changing Service. */
    public void replaceAll(int generation) throws IOException {
        List<String> endpoints = new ArrayList<>();
        for (int i = 0; i < ENDPOINTS; i++) {
            endpoints.add("10." + (244 + generation) + ".0." + i);
        }
        writeAside("changing", CHANGING, endpoints);
    }

    /** Replaces one endpoint of the changing Service; {@code generation} 0 restores the first ones. */
    public void replaceOne(int generation) throws IOException {
        List<String> endpoints = endpoints(0);
        if (generation != 0) {
            endpoints.set(ENDPOINTS / 2, "10.244.9." + generation);
        }
        writeAside("changing", CHANGING, endpoints);
    }

    /** Replaces one endpoint of each of the first {@value #PER_FILE} Services; {@code generation} 0 restores them. */
    public void replaceHundred(int generation) throws IOException {
        StringBuilder file = new StringBuilder();
        for (int i = 0; i < PER_FILE; i++) {
            List<String> endpoints = endpoints(i);
            if (generation != 0) {
                endpoints.set(ENDPOINTS / 2, "10.244.9." + generation);
            }
            append(file, "svc-" + i, clusterIp(i), endpoints);
        }
        Path draft = Files.writeString(directory.resolve(".hundred"), file);
        Files.move(draft, directory.resolve("services-00000.json"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Adds or removes one more Service. */
    public void oneMore(boolean there) throws IOException {
        if (there) {
            writeAside("coming", COMING, endpoints(0));
        } else {
            Files.deleteIfExists(directory.resolve("coming.json"));
        }
    }

    private void writeAside(String name, int number, List<String> endpoints) throws IOException {
        StringBuilder file = new StringBuilder();
        append(file, name, clusterIp(number), endpoints);
        Path draft = Files.writeString(directory.resolve("." + name), file);
        Files.move(draft, directory.resolve(name + ".json"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** The cluster address of the Service of that number, counted from 0. */
    public static IpAddress clusterIp(int number) {
        int spread = spread(number);
        return IpAddress.of("10." + (96 + (spread >> 16)) + "." + (spread >> 8 & 0xff) + "." + (spread & 0xff));
    }

    /** A permutation of the numbers below {@link #RANGE} without visible order: each step is invertible. */
    private static int spread(int number) {
        int x = number & RANGE - 1;
        x = (x ^ x >>> 10) * 0x9e375 & RANGE - 1;
        x = (x ^ x >>> 7) * 0x6a5d5 & RANGE - 1;
        return x ^ x >>> 11;
    }

    private List<String> endpoints(int number) {
        List<String> endpoints = new ArrayList<>();
        for (int i = 0; i < ENDPOINTS; i++) {
            int host = number * ENDPOINTS + i;
            endpoints.add(
                    shared.isEmpty()
                            ? "10." + (128 + (host >> 16)) + "." + (host >> 8 & 0xff) + "." + (host & 0xff)
                            : shared.get(i).toString());
        }
        return endpoints;
    }

    private void append(StringBuilder file, String name, IpAddress clusterIp, List<String> endpoints) {
        file.append("""
            {"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "scale", "name": "%1$s"},
             "spec": {"clusterIP": "%2$s", "ports": [{"name": "http", "port": %3$d, "protocol": "TCP"}]}}
            {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
             "metadata": {"namespace": "scale", "name": "%1$s-1", "labels": {"kubernetes.io/service-name": "%1$s"}},
             "ports": [{"name": "http", "port": %4$d, "protocol": "TCP"}],
             "endpoints": [%5$s]}
            """.formatted(
                name,
                clusterIp,
                PORT,
                targetPort,
                endpoints.stream()
                        .map(endpoint -> "{\"addresses\": [\"" + endpoint + "\"], \"conditions\": {\"ready\": true}}")
                        .collect(Collectors.joining(", "))));
    }
}
