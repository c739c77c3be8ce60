// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * {@code /proc/net/ip_vs}: every virtual server with all its real servers in one read, for which generic netlink takes
 * one dump per virtual server (net/netfilter/ipvs/ip_vs_ctl.c, {@code ip_vs_info_seq_show}). It belongs to the network
 * namespace of the thread that opened it.
 */
final class IpvsTable implements AutoCloseable {
    private static final Path FILE = Path.of("/proc/thread-self/net/ip_vs");

    private final FileChannel file;

    private IpvsTable(FileChannel file) {
        this.file = file;
    }

    static IpvsTable open() throws NetlinkException {
        try {
            return new IpvsTable(FileChannel.open(FILE));
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** The real servers of the virtual servers of {@code family}; empty lists for those without any. */
    Map<VirtualServerKey, List<RealServerState>> realServers(IpFamily family) throws NetlinkException {
        try {
            file.position(0);
            return parse(Channels.newInputStream(file), family);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static NetlinkException unreadable(IOException e) {
        return NetlinkException.remarked("read " + FILE, Errno.EBADMSG, e + "; is /proc mounted?");
    }

    static Map<VirtualServerKey, List<RealServerState>> parse(InputStream text, IpFamily family) throws IOException {
        IpvsTableParser parser = new IpvsTableParser(family);
        byte[] buffer = new byte[1 << 16];
        int held = 0;
        for (int read = text.read(buffer); read >= 0; read = text.read(buffer, held, buffer.length - held)) {
            held = parser.lines(buffer, held + read);
            if (held == buffer.length) {
                throw new IOException("a line of over " + held + " bytes");
            }
        }
        return parser.table();
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
