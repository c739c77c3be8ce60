package dev.sluice.testkit.scale;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Manifests of many Services with five IPv4 endpoints each, a hundred to a file, and one further Service in
 * {@code changing.yaml} whose endpoints can be exchanged.
 */
final class ManyServices {
    private static final int ENDPOINTS = 5;
    private static final int PER_FILE = 100;

    private final Path directory;

    ManyServices(Path directory) {
        this.directory = directory;
    }

    void write(int services) throws IOException {
        for (int from = 0; from < services; from += PER_FILE) {
            StringBuilder file = new StringBuilder();
            for (int i = from; i < Math.min(from + PER_FILE, services); i++) {
                append(file, "svc-" + i, clusterIp(i + 256), i, 0);
            }
            Files.writeString(directory.resolve("services-%05d.yaml".formatted(from)), file);
        }
        writeChanging(0);
    }

    /** Another {@code generation} has other endpoints. */
    void writeChanging(int generation) throws IOException {
        StringBuilder file = new StringBuilder();
        append(file, "changing", "10.96.0.77", 0, generation);
        Path draft = Files.writeString(directory.resolve(".changing"), file);
        Files.move(draft, directory.resolve("changing.yaml"), StandardCopyOption.ATOMIC_MOVE);
    }

    private static String clusterIp(int number) {
        return "10.96." + (number >> 8) + "." + (number & 0xff);
    }

    private static void append(StringBuilder file, String name, String clusterIp, int number, int generation) {
        file.append("""
                apiVersion: v1
                kind: Service
                metadata: {namespace: scale, name: %1$s}
                spec: {clusterIP: %2$s, ports: [{name: http, port: 80, protocol: TCP}]}
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {namespace: scale, name: %1$s-1, labels: {kubernetes.io/service-name: %1$s}}
                addressType: IPv4
                ports: [{name: http, port: 8080, protocol: TCP}]
                endpoints:
                """.formatted(name, clusterIp));
        for (int i = 0; i < ENDPOINTS; i++) {
            int host = number * ENDPOINTS + i;
            file.append("- {addresses: [10.%d.%d.%d], conditions: {ready: true}}%n"
                    .formatted(244 + generation, host >> 8, host & 0xff));
        }
        file.append("---\n");
    }
}
