// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.daemon;

import dev.sluice.testkit.lab.LabException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Finds {@code ./sluice}, the launcher at the top of the repository. {@link AotCache#launcher} is what starts a
 * daemon.
 */
public final class Launcher {
    private Launcher() {}

    /** The top of the repository: the closest folder at or above the current one that has the launcher. */
    public static Path repository() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path launcher = at.resolve("sluice"); // helm has a folder of that name
            if (Files.isRegularFile(launcher) && Files.isExecutable(launcher) && Files.exists(at.resolve("pom.xml"))) {
                return at;
            }
        }
        throw new LabException("no launcher ./sluice here or in a folder above "
                + Path.of("").toAbsolutePath() + ": run this inside the repository");
    }
}
