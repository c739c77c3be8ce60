// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import dev.sluice.testkit.api.JsonDocument;
import dev.sluice.testkit.lab.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An unpacked image.
 *
 * @param root its root file system
 * @param entrypoint the program, and arguments that a Pod's {@code args} do not replace
 * @param command the arguments when a Pod has none
 * @param environment as {@code NAME=VALUE}
 */
public record Image(
        Path root,
        List<String> entrypoint,
        List<String> command,
        List<String> environment,
        String folder,
        String user) {

    /**
     * Reads the image of this machine's architecture that {@code make image} has built.
     *
     * @param top of the repository
     * @return empty when none is built
     */
    public static Optional<Image> built(Path top) throws IOException {
        String architecture = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
        Path image = top.resolve("target/image").resolve(architecture);
        return Files.isDirectory(image.resolve("rootfs")) ? Optional.of(of(image)) : Optional.empty();
    }

    /** Reads the image whose root file system is {@code rootfs}, and whose configuration is {@code config.json}. */
    static Image of(Path image) throws IOException {
        Document config = Document.of(JsonDocument.parse(TextFile.read(image.resolve("config.json"))))
                .map("config");
        return new Image(
                image.resolve("rootfs").toRealPath(),
                config.texts("Entrypoint"),
                config.texts("Cmd"),
                config.texts("Env"),
                config.text("WorkingDir", "/"),
                config.text("User", "0"));
    }
}
