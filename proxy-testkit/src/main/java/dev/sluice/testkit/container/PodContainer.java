// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A container as a Pod's template describes it, before its volumes are those of a node.
 *
 * @param command in place of the image's entry point; empty for that
 * @param arguments of the entry point
 * @param readiness the kubelet's probe, absent of init containers
 */
public record PodContainer(
        String name,
        List<String> command,
        List<String> arguments,
        Map<String, String> environment,
        Rights rights,
        List<VolumeMount> mounts,
        Optional<Probe> readiness) {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\(([A-Za-z_][A-Za-z0-9_]*)\\)");

    /** @param part a file in the volume, empty for all of it */
    record VolumeMount(String volume, String path, String part, boolean readOnly) {}

    /** A GET request of the kubelet, which succeeds with a status from 200 to 399. */
    record Probe(String path, int port) {}

    /** The same with other rights. */
    public PodContainer with(Rights other) {
        return new PodContainer(name, command, arguments, environment, other, mounts, readiness);
    }

    /** The same without the mount at {@code path}. */
    public PodContainer without(String path) {
        List<VolumeMount> fewer =
                mounts.stream().filter(mount -> !mount.path().equals(path)).toList();
        if (fewer.size() == mounts.size()) {
            throw new IllegalArgumentException(name + " mounts nothing at " + path);
        }
        return new PodContainer(name, command, arguments, environment, rights, fewer, readiness);
    }

    /** The process's words: those of the Pod, else those of the image, with references to the environment resolved. */
    List<String> processWords(Image image) {
        List<String> words = new ArrayList<>(command.isEmpty() ? image.entrypoint() : command);
        words.addAll(arguments.isEmpty() && command.isEmpty() ? image.command() : arguments);
        return words.stream().map(this::resolved).toList();
    }

    /** The process's environment: the image's, overridden by the Pod's. */
    List<String> processEnvironment(Image image) {
        Map<String, String> all = new LinkedHashMap<>();
        for (String pair : image.environment()) {
            int equals = pair.indexOf('=');
            all.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
        environment.forEach((name, value) -> all.put(name, resolved(value)));
        return all.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
    }

    /** Kubernetes leaves a reference to an unknown variable as it is. */
    private String resolved(String word) {
        return REFERENCE
                .matcher(word)
                .replaceAll(match -> Matcher.quoteReplacement(environment.getOrDefault(match.group(1), match.group())));
    }
}
