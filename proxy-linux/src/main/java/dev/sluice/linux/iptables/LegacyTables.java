// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** Which tables of the legacy variant a network namespace has. A table is made by its first use. */
@FunctionalInterface
interface LegacyTables {

    /** Their names, empty when nobody has used the legacy variant. */
    Set<String> names(IpFamily family) throws KernelException;

    /** Those of the calling thread's network namespace, which take no capability to read. */
    static Set<String> inKernel(IpFamily family) throws KernelException {
        String file = family == IpFamily.IPV4 ? "ip_tables_names" : "ip6_tables_names";
        try {
            return new TreeSet<>(KernelFiles.lines(Path.of("/proc/thread-self/net", file)));
        } catch (NoSuchFileException e) {
            return Set.of(); // the kernel has not loaded the variant
        } catch (IOException e) {
            throw new KernelException("the legacy tables of " + family + " cannot be listed: " + e.getMessage());
        }
    }
}
