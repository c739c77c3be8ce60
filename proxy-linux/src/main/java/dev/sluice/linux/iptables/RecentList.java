// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The addresses that rules with {@code -m recent --set} put on a list. The kernel shows when it last saw each in ticks
 * of its own clock, whose length and present value it does not tell, so times are not read.
 */
public final class RecentList {
    private static final Logger LOG = LoggerFactory.getLogger(RecentList.class);
    private static final Path LISTS = Path.of("/proc/thread-self/net/xt_recent");
    private static final String SOURCE = "src=";

    private RecentList() {}

    /** The addresses on the list of that name in the calling thread's network namespace; none when it has none. */
    public static List<IpAddress> read(String name) {
        try {
            return parse(KernelFiles.lines(LISTS.resolve(name)));
        } catch (IOException e) {
            LOG.debug("No list {} of the recent match: {}", name, e.getMessage());
            return List.of();
        }
    }

    /** Reads lines such as {@code src=10.0.0.1 ttl: 64 last_seen: 4298032540 oldest_pkt: 1 4298032540}. */
    static List<IpAddress> parse(List<String> lines) {
        List<IpAddress> sources = new ArrayList<>();
        for (String line : lines) {
            int end = line.indexOf(' ');
            if (line.startsWith(SOURCE) && end > 0) {
                IpAddress.parse(line.substring(SOURCE.length(), end)).ifPresent(sources::add);
            }
        }
        return sources;
    }
}
