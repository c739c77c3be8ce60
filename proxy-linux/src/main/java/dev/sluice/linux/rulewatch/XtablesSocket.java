// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads the tables of x_tables as the legacy tools do, by socket options of a raw socket
 * (include/uapi/linux/netfilter_ipv4/ip_tables.h and netfilter_ipv6/ip6_tables.h). Not thread-safe.
 */
final class XtablesSocket implements AutoCloseable {
    private static final int GET_INFO = 64;
    private static final int GET_ENTRIES = 65;
    private static final int NAME_BYTES = 32;
    private static final int INFO_BYTES = 84;
    private static final int ENTRIES_HEADER = 40;
    private static final int HOOKS = 5;
    private static final int TRIES = 5;
    private static final byte[] ZEROS = new byte[16 << 10];

    private final Libc libc = Libc.system();
    private final IpFamily family;
    private final int fd;
    private final ByteBuffer infoBuffer = direct(INFO_BYTES);
    private ByteBuffer entriesBuffer = direct(16 << 10);

    private XtablesSocket(IpFamily family, int fd) {
        this.family = family;
        this.fd = fd;
    }

    /**
     * The number and size of a table's rules, which the kernel reports in a few microseconds.
     *
     * @param size in bytes
     */
    record Info(int entries, int size) {}

    /**
     * The rules of a table.
     *
     * @param entries the rules back to back, in the machine's byte order; valid until the next call
     * @param hookOffsets where each built-in chain begins; -1 for one that the table does not have
     */
    record Content(Info info, ByteBuffer entries, List<Integer> hookOffsets) {}

    /** Opens a socket in the calling thread's network namespace. */
    static XtablesSocket open(IpFamily family) throws NetlinkException {
        int fd = Libc.system().socket(family.addressFamily(), Linux.SOCK_RAW | Linux.SOCK_CLOEXEC, Linux.IPPROTO_RAW);
        if (fd < 0) {
            throw new NetlinkException("open a socket for the legacy iptables of " + family, -fd, "");
        }
        return new XtablesSocket(family, fd);
    }

    Info info(String table) throws NetlinkException {
        name(infoBuffer.clear(), table);
        int answer = libc.getsockopt(fd, level(), GET_INFO, infoBuffer);
        if (answer < 0) {
            throw new NetlinkException("read the size of the legacy table " + table + " of " + family, -answer, "");
        }
        return new Info(infoBuffer.getInt(INFO_BYTES - 8), infoBuffer.getInt(INFO_BYTES - 4));
    }

    /** @throws NetlinkException EAGAIN when the table does not stop changing */
    Content content(String table) throws NetlinkException {
        for (int attempt = 1; ; attempt++) {
            Info info = info(table);
            int bytes = ENTRIES_HEADER + info.size();
            if (entriesBuffer.capacity() < bytes) {
                entriesBuffer = direct(bytes + bytes / 4);
            }
            clear(entriesBuffer, bytes);
            name(entriesBuffer, table);
            entriesBuffer.putInt(NAME_BYTES, info.size());
            int answer = libc.getsockopt(fd, level(), GET_ENTRIES, entriesBuffer);
            if (answer >= 0) {
                ByteBuffer entries =
                        entriesBuffer.slice(ENTRIES_HEADER, info.size()).order(ByteOrder.nativeOrder());
                return new Content(info, entries, hookOffsets());
            }
            if (answer != -Errno.EAGAIN || attempt == TRIES) {
                throw new NetlinkException("read the legacy table " + table + " of " + family, -answer, "");
            }
        }
    }

    private List<Integer> hookOffsets() {
        int valid = infoBuffer.getInt(NAME_BYTES);
        return IntStream.range(0, HOOKS)
                .mapToObj(hook -> (valid & 1 << hook) == 0 ? -1 : infoBuffer.getInt(NAME_BYTES + 4 + 4 * hook))
                .toList();
    }

    private int level() {
        return family == IpFamily.IPV4 ? Linux.SOL_IP : Linux.SOL_IPV6;
    }

    private static void name(ByteBuffer buffer, String table) {
        byte[] name = table.getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < NAME_BYTES; i++) {
            buffer.put(i, i < name.length ? name[i] : 0);
        }
    }

    /** The kernel leaves gaps as they are, e.g. behind the end of an extension's name. */
    private static void clear(ByteBuffer buffer, int bytes) {
        buffer.clear().limit(bytes);
        while (buffer.hasRemaining()) {
            buffer.put(ZEROS, 0, Math.min(ZEROS.length, buffer.remaining()));
        }
        buffer.flip();
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    @Override
    public void close() {
        libc.close(fd);
    }
}
