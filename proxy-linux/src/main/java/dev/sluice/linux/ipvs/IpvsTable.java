package dev.sluice.linux.ipvs;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringTokenizer;
import org.jspecify.annotations.Nullable;

/**
 * {@code /proc/net/ip_vs}: every virtual server with all its destinations in one read, for which generic netlink takes one
 * dump per virtual server (net/netfilter/ipvs/ip_vs_ctl.c, {@code ip_vs_info_seq_show}). It belongs to the network
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

    /** The destinations of the virtual servers of {@code family}; those without any have an empty list. */
    Map<ServiceKey, List<RealServerState>> destinations(IpFamily family) throws NetlinkException {
        try {
            file.position(0);
            return parse(Channels.newReader(file, StandardCharsets.US_ASCII.newDecoder(), 1 << 16), family);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static NetlinkException unreadable(IOException e) {
        return NetlinkException.remarked("read " + FILE, Errno.EBADMSG, e + "; is /proc mounted?");
    }

    static Map<ServiceKey, List<RealServerState>> parse(Reader text, IpFamily family) throws IOException {
        Map<ServiceKey, List<RealServerState>> table = new HashMap<>();
        BufferedReader lines = new BufferedReader(text, 1 << 16);
        List<RealServerState> destinations = null;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            StringTokenizer words = new StringTokenizer(line);
            if (line.startsWith("  -> ")) {
                if (destinations != null) {
                    words.nextToken();
                    destinations.add(destination(words));
                }
            } else {
                ServiceKey key = key(words, family);
                destinations = key == null ? null : table.computeIfAbsent(key, k -> new ArrayList<>(4));
            }
        }
        return table;
    }

    /** Null for the heading, for another family, and for a virtual server by firewall mark. */
    private static @Nullable ServiceKey key(StringTokenizer words, IpFamily family) {
        String name = words.nextToken();
        for (Protocol protocol : Protocol.values()) {
            if (protocol.name().equals(name)) {
                String end = words.nextToken();
                return end.startsWith("[") == (family == IpFamily.IPV6)
                        ? new ServiceKey(protocol, address(end), port(end))
                        : null;
            }
        }
        return null;
    }

    private static RealServerState destination(StringTokenizer words) {
        String end = words.nextToken();
        int forwarding = words.nextToken().equals("Masq") ? 0 : IpvsProtocol.FORWARDING_MASK;
        RealServer server = new RealServer(address(end), port(end), Integer.parseInt(words.nextToken()));
        long active = Long.parseLong(words.nextToken());
        long inactive = Long.parseLong(words.nextToken());
        return new RealServerState(server, forwarding, active, inactive, 0, IpvsStats.ZERO);
    }

    /** Of {@code 0A600032:0050} or {@code [fd00:0096:0000:0000:0000:0000:0000:0032]:0050}. */
    private static IpAddress address(String end) {
        if (end.startsWith("[")) {
            return IpAddress.of(end.substring(1, end.indexOf(']')));
        }
        int bits = Integer.parseUnsignedInt(end, 0, 8, 16);
        return IpAddress.of(ByteBuffer.allocate(4).putInt(bits).array());
    }

    private static int port(String end) {
        return Integer.parseInt(end, end.length() - 4, end.length(), 16);
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
