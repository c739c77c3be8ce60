// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.socket.ResourceLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The limit of open files below which the process does not start. Each library is an open file, so that a lower limit
 * shows itself as a class that is missing; this class therefore loads none until it has looked.
 */
public final class OpenFileLimit {
    /** The most that a mode was seen to need for its start is about half of it. */
    static final long NEEDED = 256;

    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final String LINE = "Max open files";

    private OpenFileLimit() {}

    /** Raises the limit if it is too low; what to do where that is refused, empty where there is no problem. */
    public static Optional<String> problem() {
        List<String> limits;
        try {
            limits = Files.readAllLines(LIMITS);
        } catch (IOException e) {
            // without /proc the next check fails with a reason of its own
            return Optional.empty();
        }
        if (limit(limits, 0) >= NEEDED || raised()) {
            return Optional.empty();
        }
        return Optional.of("this process may open " + limit(limits, 1) + " files, and needs " + NEEDED
                + ": raise the hard limit (ulimit -Hn " + NEEDED + ", LimitNOFILE= of a systemd unit, the container"
                + " runtime's nofile), or give CAP_SYS_RESOURCE; the soft limit is raised to the hard one by itself");
    }

    /** The limit of open files in the text of /proc/PID/limits: the soft one, or the hard one in column 1. */
    static long limit(List<String> limits, int column) {
        for (String line : limits) {
            if (line.startsWith(LINE)) {
                String limit = line.substring(LINE.length()).strip().split(" +", -1)[column];
                return limit.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(limit);
            }
        }
        return Long.MAX_VALUE;
    }

    private static boolean raised() {
        try {
            return ResourceLimits.raiseOpenFiles(NEEDED) >= NEEDED;
        } catch (NetlinkException | LinkageError e) {
            // too low even to find out
            return false;
        }
    }
}
