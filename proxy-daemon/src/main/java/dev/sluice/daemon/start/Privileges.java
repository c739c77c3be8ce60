// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.daemon.config.ConfigException;
import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The capabilities that the process needs to change the network. */
public final class Privileges {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int CAP_NET_ADMIN = 12;

    private Privileges() {}

    /** @throws ConfigException when the process lacks CAP_NET_ADMIN, saying how to give it */
    public static void require() throws ConfigException {
        Optional<String> missing;
        try {
            missing = missing(KernelFiles.read(STATUS));
        } catch (IOException e) {
            missing = Optional.of(STATUS + " cannot be read: " + e.getMessage());
        }
        if (missing.isPresent()) {
            throw new ConfigException(List.of(missing.get()));
        }
    }

    /** What is missing and how to give it; empty when nothing is. */
    static Optional<String> missing(String status) {
        long effective = status.lines()
                .filter(line -> line.startsWith("CapEff:"))
                .mapToLong(line -> Long.parseUnsignedLong(
                        line.substring("CapEff:".length()).trim(), 16))
                .findFirst()
                .orElse(0);
        if ((effective >>> CAP_NET_ADMIN & 1) == 1) {
            return Optional.empty();
        }
        return Optional.of(
                "this process may not change the network: it lacks CAP_NET_ADMIN. Run it as root, or give its"
                        + " container securityContext.capabilities.add: [NET_ADMIN] or privileged: true");
    }
}
