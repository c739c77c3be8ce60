// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import dev.sluice.testkit.container.PodContainer.VolumeMount;
import dev.sluice.testkit.lab.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The files of a lab's node that its Pods mount. A node has a folder of its own in place of the root of this machine;
 * only {@code /lib/modules} is this machine's.
 */
public final class NodeFiles {
    private static final Path MODULES = Path.of("/lib/modules");
    private static final String ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
    private final Path folder;

    public NodeFiles(Path folder) {
        this.folder = folder;
    }

    /** A file of the node, e.g. {@code /etc/kubernetes/proxy.conf}; it need not exist. */
    public Path at(String path) {
        return Path.of(path).equals(MODULES) ? MODULES : folder.resolve("host" + path);
    }

    /** Gives the Pod a service account, as the API server's admission does for every Pod. */
    public void account(String token, String certificateAuthority, String namespace) {
        write(accountFolder().resolve("token"), token);
        write(accountFolder().resolve("ca.crt"), certificateAuthority);
        write(accountFolder().resolve("namespace"), namespace);
    }

    private Path accountFolder() {
        return folder.resolve("account");
    }

    /** What a container of the Pod mounts, with the files that every container gets. */
    List<Mount> mounts(PodTemplate pod, PodContainer container) {
        List<Mount> result = new ArrayList<>();
        result.add(
                new Mount("/etc/hosts", write(folder.resolve("hosts"), "127.0.0.1 localhost\n::1 localhost\n"), false));
        result.add(new Mount("/etc/resolv.conf", write(folder.resolve("resolv.conf"), ""), false));
        result.add(new Mount("/dev/termination-log", write(folder.resolve("termination"), ""), false));
        if (Files.isDirectory(accountFolder()) && pod.spec().flag("automountServiceAccountToken", true)) {
            result.add(new Mount(ACCOUNT, accountFolder(), true));
        }
        for (VolumeMount mount : container.mounts()) {
            Path source = volume(pod, mount.volume());
            result.add(new Mount(
                    mount.path(), mount.part().isEmpty() ? source : source.resolve(mount.part()), mount.readOnly()));
        }
        return result;
    }

    private Path volume(PodTemplate pod, String name) {
        Document volume = pod.spec().maps("volumes").stream()
                .filter(each -> each.text("name", "").equals(name))
                .findFirst()
                .orElseThrow(() -> new LabException("a container mounts " + name + ", which is no volume of its Pod"));
        if (volume.has("hostPath")) {
            return hostPath(volume.map("hostPath"));
        }
        if (volume.has("configMap")) {
            return configMap(pod, volume.map("configMap"));
        }
        if (volume.has("emptyDir")) {
            return writableByAll(directory(folder.resolve("empty").resolve(name)));
        }
        throw new LabException("a volume of an unknown kind: " + volume.fields());
    }

    private Path hostPath(Document volume) {
        Path path = at(volume.text("path", ""));
        switch (volume.text("type", "")) {
            case "FileOrCreate" -> {
                if (!Files.exists(path)) {
                    write(path, "");
                }
            }
            case "", "DirectoryOrCreate" -> {
                // without a type, containerd creates a folder
                if (!Files.exists(path)) {
                    directory(path);
                }
            }
            default -> {
                if (!Files.exists(path)) {
                    throw new LabException("the node has no " + volume.text("path", "") + ": a kubelet starts no Pod");
                }
            }
        }
        return path;
    }

    private Path configMap(PodTemplate pod, Document volume) {
        String name = volume.text("name", "");
        Map<String, String> files = pod.configMaps().get(name);
        if (files == null) {
            throw new LabException("the Pod mounts the ConfigMap " + name + ", which is not rendered");
        }
        Path target = directory(folder.resolve("configmap").resolve(name));
        if (volume.has("items")) {
            volume.maps("items")
                    .forEach(item ->
                            write(target.resolve(item.text("path", "")), files.getOrDefault(item.text("key", ""), "")));
        } else {
            files.forEach((file, content) -> write(target.resolve(file), content));
        }
        return target;
    }

    private static Path directory(Path path) {
        try {
            return Files.createDirectories(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As a kubelet makes the folder of an {@code emptyDir}. */
    private static Path writableByAll(Path directory) {
        try {
            return Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path write(Path file, String content) {
        try {
            Files.createDirectories(file.getParent());
            return Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
