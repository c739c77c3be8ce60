// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import dev.sluice.testkit.api.JsonDocument;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * The default seccomp profile of container runtimes (containerd's and Docker's, which differ in a few calls), for the
 * 64-bit calls of this machine. What is not allowed fails with EPERM; {@code io_uring_*} is not allowed, as since
 * containerd 2.0.
 */
final class SeccompProfile {
    private static final String ALLOW = "SCMP_ACT_ALLOW";
    private static final String ADMIN = "CAP_SYS_ADMIN";
    private static final int EPERM = 1;
    private static final int ENOSYS = 38;
    /** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
    private static final long NEW_NAMESPACES = 0x7e020000L;

    private static final int AF_VSOCK = 40;
    /** PER_LINUX, PER_LINUX32, both with UNAME26, and the question which one is set. */
    private static final List<Long> PERSONALITIES = List.of(0L, 0x8L, 0x20000L, 0x20008L, 0xffffffffL);

    private SeccompProfile() {}

    /** The value of {@code linux.seccomp} in a runtime specification, for a container with these capabilities. */
    static Map<String, Object> of(Set<String> capabilities) {
        Document resource = resource();
        Set<String> names = new TreeSet<>();
        Document allowed = resource.map("allowed");
        allowed.fields().keySet().forEach(subject -> names.addAll(allowed.texts(subject)));
        capabilities.forEach(
                one -> names.addAll(resource.map("allowedWithCapability").texts(one)));
        List<Map<String, Object>> rules = new ArrayList<>();
        rules.add(rule(names, ALLOW));
        rules.add(argumentRule("socket", AF_VSOCK, "SCMP_CMP_NE"));
        PERSONALITIES.forEach(value -> rules.add(argumentRule("personality", value, "SCMP_CMP_EQ")));
        if (!capabilities.contains(ADMIN)) {
            rules.add(argumentRule("clone", NEW_NAMESPACES, "SCMP_CMP_MASKED_EQ"));
            // its flags are in memory, where no filter sees them; libc then falls back to clone
            Map<String, Object> unknown = rule(Set.of("clone3"), "SCMP_ACT_ERRNO");
            unknown.put("errnoRet", ENOSYS);
            rules.add(unknown);
        }
        String machine = System.getProperty("os.arch").equals("aarch64") ? "AARCH64" : "X86_64";
        return Map.of(
                "defaultAction",
                "SCMP_ACT_ERRNO",
                "defaultErrnoRet",
                EPERM,
                "architectures",
                List.of("SCMP_ARCH_" + machine),
                "syscalls",
                rules);
    }

    private static Map<String, Object> rule(Set<String> names, String action) {
        Map<String, Object> rule = new LinkedHashMap<>();
        rule.put("names", List.copyOf(names));
        rule.put("action", action);
        return rule;
    }

    private static Map<String, Object> argumentRule(String name, long value, String comparison) {
        Map<String, Object> rule = rule(Set.of(name), ALLOW);
        rule.put("args", List.of(Map.of("index", 0, "value", value, "op", comparison)));
        return rule;
    }

    private static Document resource() {
        try (InputStream in = Objects.requireNonNull(SeccompProfile.class.getResourceAsStream("seccomp.json"))) {
            return Document.of(JsonDocument.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
