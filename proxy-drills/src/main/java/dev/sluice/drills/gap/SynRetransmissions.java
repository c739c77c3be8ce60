// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import dev.sluice.linux.sysctl.KernelFiles;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.LabHost;
import java.nio.file.Path;
import java.util.List;

/** The kernel's count of retransmitted SYNs, summed over some hosts. */
final class SynRetransmissions {
    private static final Path NETSTAT = Path.of("/proc/thread-self/net/netstat");
    private final List<LabHost> hosts;
    private long base;

    SynRetransmissions(List<LabHost> hosts) {
        this.hosts = List.copyOf(hosts);
        countAnew();
    }

    void countAnew() {
        base = total();
    }

    long count() {
        return total() - base;
    }

    private long total() {
        return hosts.stream()
                .mapToLong(host -> read(host.call(() -> KernelFiles.lines(NETSTAT))))
                .sum();
    }

    /** The value of {@code TCPSynRetrans} in the pairs of lines (names, values) of {@code /proc/net/netstat}. */
    static long read(List<String> netstat) {
        for (int i = 0; i + 1 < netstat.size(); i += 2) {
            List<String> names = List.of(netstat.get(i).split(" "));
            int at = names.indexOf("TCPSynRetrans");
            if (at > 0) {
                return Long.parseLong(netstat.get(i + 1).split(" ")[at]);
            }
        }
        throw new LabException("this kernel does not count TCPSynRetrans");
    }
}
