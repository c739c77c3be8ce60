// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.daemon.config.ConfigException;
import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The name of the Node that this daemon works for. */
public final class NodeName {
    private static final Path KERNEL_HOSTNAME = Path.of("/proc/sys/kernel/hostname");

    private NodeName() {}

    /**
     * The override, else the host's own name; trimmed and lower case.
     *
     * @throws ConfigException when neither gives a name
     */
    public static String of(String override) throws ConfigException {
        if (!override.isEmpty()) {
            return override;
        }
        try {
            String name = KernelFiles.read(KERNEL_HOSTNAME).trim().toLowerCase(Locale.ROOT);
            if (!name.isEmpty()) {
                return name;
            }
        } catch (IOException e) {
            throw new ConfigException(List.of("the host's name cannot be read (" + e.getMessage()
                    + "): give the Node's name with --hostname-override"));
        }
        throw new ConfigException(List.of("the host has no name: give the Node's name with --hostname-override"));
    }
}
