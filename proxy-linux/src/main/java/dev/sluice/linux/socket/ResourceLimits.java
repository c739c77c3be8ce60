// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The limit of open file descriptors of this process. */
public final class ResourceLimits {
    private ResourceLimits() {}

    /** The number of descriptors that this process may have open. */
    public static long openFiles() throws NetlinkException {
        return read().getLong(0);
    }

    /**
     * Raises the limit to {@code wanted}, or as far as possible: a process without CAP_SYS_RESOURCE is bound by the
     * hard limit, every process by {@code fs.nr_open}. Never lowers it.
     *
     * @return the limit afterwards
     */
    public static long raiseOpenFiles(long wanted) throws NetlinkException {
        ByteBuffer limit = read();
        long soft = limit.getLong(0);
        long hard = limit.getLong(8);
        // RLIM_INFINITY has all bits set
        if (Long.compareUnsigned(soft, wanted) >= 0) {
            return soft;
        }
        boolean beyondHard = Long.compareUnsigned(wanted, hard) > 0;
        if (beyondHard && set(limit.putLong(0, wanted).putLong(8, wanted)) == 0) {
            return wanted;
        }
        long reachable = beyondHard ? hard : wanted;
        int answer = set(limit.putLong(0, reachable).putLong(8, hard));
        if (answer < 0) {
            throw new NetlinkException("raise the limit of open files to " + reachable, -answer, "");
        }
        return reachable;
    }

    private static int set(ByteBuffer limit) {
        return Libc.system().setrlimit(Linux.RLIMIT_NOFILE, limit);
    }

    private static ByteBuffer read() throws NetlinkException {
        ByteBuffer limit = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
        int answer = Libc.system().getrlimit(Linux.RLIMIT_NOFILE, limit);
        if (answer < 0) {
            throw new NetlinkException("read the limit of open files", -answer, "");
        }
        return limit;
    }
}
