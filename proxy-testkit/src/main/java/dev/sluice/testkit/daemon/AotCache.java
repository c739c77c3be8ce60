// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.daemon;

import dev.sluice.testkit.lab.LabException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The ahead-of-time caches of the built daemon (JEP 483, JEP 514), which {@code make build} makes and the launcher
 * uses.
 * {@code mvn verify} may have packed the jars again since, so they are made again then, once for each JVM that starts
 * daemons. A daemon without a cache works as well, and starts slower.
 */
public final class AotCache {
    private static boolean prepared;

    private AotCache() {}

    /** The launcher, once the caches are up to date. */
    public static Path launcher() {
        prepare();
        return Launcher.repository().resolve("sluice");
    }

    /** Makes the caches unless they are up to date, by {@code dev/aot}. */
    public static synchronized void prepare() {
        if (prepared) {
            return;
        }
        prepared = true;
        Path script = Launcher.repository().resolve("dev/aot");
        try {
            Process process = new ProcessBuilder(script.toString())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new LabException(script + ": " + output);
            }
            System.err.print(output);
        } catch (IOException e) {
            throw new LabException(script.toString(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException(script + ": interrupted", e);
        }
    }
}
