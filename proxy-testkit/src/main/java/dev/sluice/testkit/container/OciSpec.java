// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import dev.sluice.testkit.api.JsonDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Translates a container to a runtime specification (OCI runtime-spec, {@code config.json}) as containerd does for a
 * Pod with {@code hostNetwork}: namespaces of its own for processes, mounts and IPC, and the network namespace of who
 * starts it. It has no cgroup settings, since not every machine lets runc have cgroups; a kernel without seccomp
 * filters gets no profile.
 */
final class OciSpec {
    private static final List<String> MASKED = List.of(
            "/proc/acpi",
            "/proc/asound",
            "/proc/interrupts",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/sched_debug",
            "/proc/scsi",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/sys/devices/virtual/powercap",
            "/sys/firmware");
    private static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private OciSpec() {}

    /** @param root a writable view of the image's root file system */
    static Map<String, Object> of(Image image, PodContainer container, List<Mount> mounts, Path root)
            throws IOException {
        Rights rights = container.rights();
        Set<String> capabilities = rights.privileged() ? Capabilities.held() : rights.capabilities();
        Map<String, Object> linux = new LinkedHashMap<>();
        linux.put("namespaces", List.of(Map.of("type", "pid"), Map.of("type", "ipc"), Map.of("type", "mount")));
        if (!rights.privileged()) {
            linux.put("maskedPaths", MASKED);
            linux.put("readonlyPaths", READ_ONLY);
        }
        if (rights.seccomp() && hasSeccomp()) {
            linux.put("seccomp", SeccompProfile.of(capabilities));
        }
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("ociVersion", "1.0.2");
        spec.put("process", process(image, container, capabilities));
        spec.put("root", Map.of("path", root.toString(), "readonly", rights.readOnlyRoot()));
        spec.put("mounts", mounts(rights, mounts));
        spec.put("linux", linux);
        return spec;
    }

    /** Whether the kernel has seccomp filters. */
    static boolean hasSeccomp() {
        return Files.exists(Path.of("/proc/sys/kernel/seccomp/actions_avail"));
    }

    static String json(Map<String, Object> spec) {
        return JsonDocument.write(spec);
    }

    private static Map<String, Object> process(Image image, PodContainer container, Set<String> capabilities) {
        String[] user = (container.rights().user() + ":0").split(":", -1);
        List<String> names = List.copyOf(capabilities);
        return Map.of(
                "terminal",
                false,
                "user",
                Map.of("uid", Long.parseLong(user[0]), "gid", Long.parseLong(user[1])),
                "args",
                container.processWords(image),
                "env",
                container.processEnvironment(image),
                "cwd",
                image.folder().isEmpty() ? "/" : image.folder(),
                "capabilities",
                Map.of("bounding", names, "effective", names, "permitted", names),
                "noNewPrivileges",
                container.rights().noNewPrivileges());
    }

    private static List<Map<String, Object>> mounts(Rights rights, List<Mount> pods) {
        List<Map<String, Object>> mounts = new ArrayList<>();
        mounts.add(mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"));
        mounts.add(mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"));
        mounts.add(mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666"));
        mounts.add(mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"));
        mounts.add(mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"));
        mounts.add(mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", rights.privileged() ? "rw" : "ro"));
        pods.forEach(each -> mounts.add(mount(
                each.destination(),
                "bind",
                each.source().toAbsolutePath().toString(),
                "rbind",
                "rprivate",
                each.readOnly() ? "ro" : "rw")));
        return mounts;
    }

    private static Map<String, Object> mount(String destination, String type, String source, String... options) {
        return Map.of("destination", destination, "type", type, "source", source, "options", List.of(options));
    }
}
