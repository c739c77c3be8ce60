// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files that a connection was made from, as they were: kubeconfig, certificate authority, client certificate and
 * key. Tokens are read at each request anyway.
 */
record WatchedFiles(List<Seen> files) {

    /** @param state empty when the file is missing */
    private record Seen(Path file, String state) {
        static Seen now(Path file) {
            try {
                BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
                return new Seen(file, found.lastModifiedTime() + " " + found.size() + " " + found.fileKey());
            } catch (IOException e) {
                return new Seen(file, "");
            }
        }
    }

    static WatchedFiles of(@Nullable Path kubeconfig, Config config) {
        Stream<Path> named = Stream.of(config.getCaCertFile(), config.getClientCertFile(), config.getClientKeyFile())
                .filter(Objects::nonNull)
                .filter(name -> !name.isEmpty())
                .map(Path::of);
        return new WatchedFiles(Stream.concat(Stream.ofNullable(kubeconfig), named)
                .map(Seen::now)
                .toList());
    }

    WatchedFiles now() {
        return new WatchedFiles(
                files.stream().map(seen -> Seen.now(seen.file())).toList());
    }
}
