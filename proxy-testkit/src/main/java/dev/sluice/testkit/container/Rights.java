// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a container may do.
 *
 * @param privileged all capabilities and devices, and no part of /proc or /sys kept from it
 * @param capabilities with the prefix {@code CAP_}; of a privileged container empty
 * @param seccomp whether the runtime's default profile applies
 */
public record Rights(
        boolean privileged,
        Set<String> capabilities,
        boolean readOnlyRoot,
        boolean noNewPrivileges,
        boolean seccomp,
        String user) {

    public Rights {
        capabilities = Set.copyOf(capabilities);
    }

    /** By the security contexts of a container and of its Pod. */
    static Rights of(Document container, Document pod, String imageUser) {
        boolean privileged = container.flag("privileged", false);
        String profile = container.has("seccompProfile")
                ? container.map("seccompProfile").text("type", "Unconfined")
                : pod.map("seccompProfile").text("type", "Unconfined");
        String user =
                container.text("runAsUser").or(() -> pod.text("runAsUser")).orElse(imageUser);
        return new Rights(
                privileged,
                privileged ? Set.of() : capabilities(container.map("capabilities")),
                container.flag("readOnlyRootFilesystem", false),
                !container.flag("allowPrivilegeEscalation", true),
                !privileged && profile.equals("RuntimeDefault"),
                user.isEmpty() ? "0" : user);
    }

    private static Set<String> capabilities(Document asked) {
        Set<String> result = new TreeSet<>(Capabilities.DEFAULT);
        List<String> dropped = asked.texts("drop");
        dropped.forEach(name -> result.remove(prefixed(name)));
        if (dropped.stream().anyMatch("ALL"::equalsIgnoreCase)) {
            result.clear();
        }
        asked.texts("add").forEach(name -> result.add(prefixed(name)));
        return result;
    }

    private static String prefixed(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        return upper.startsWith("CAP_") ? upper : "CAP_" + upper;
    }

    /** The same without one capability. */
    public Rights without(String capability) {
        Set<String> fewer = new TreeSet<>(capabilities);
        if (!fewer.remove(capability)) {
            throw new IllegalArgumentException(capability + " is not among " + capabilities);
        }
        return new Rights(privileged, fewer, readOnlyRoot, noNewPrivileges, seccomp, user);
    }
}
