package dev.sluice.linux.socket;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The address and port that a client meant, before a REDIRECT or DNAT rule sent its TCP connection here; the kernel looks it
 * up in the connection tracking table (include/uapi/linux/netfilter_ipv4.h and netfilter_ipv6/ip6_tables.h).
 */
public record OriginalDestination(IpAddress address, int port) {
    private static final int SOCKADDR_IN = 16;
    private static final int SOCKADDR_IN6 = 28;

    /**
     * Asks for an accepted socket. Does not block.
     *
     * @param family that of the connection: IPv4 too for an IPv4 client of a dual-stack socket
     * @throws NetlinkException ENOENT when the connection is not tracked (any more), EBADF when the socket is closed
     */
    public static OriginalDestination of(int fd, IpFamily family) throws NetlinkException {
        boolean ipv4 = family == IpFamily.IPV4;
        ByteBuffer address = ByteBuffer.allocateDirect(ipv4 ? SOCKADDR_IN : SOCKADDR_IN6);
        int level = ipv4 ? Linux.SOL_IP : Linux.SOL_IPV6;
        int length = Libc.system().getsockopt(fd, level, Linux.SO_ORIGINAL_DST, address);
        if (length < 0) {
            throw new NetlinkException("find the original destination of a connection", -length, "");
        }
        return parse(address, length);
    }

    /** Reads {@code struct sockaddr_in} or {@code sockaddr_in6}. */
    static OriginalDestination parse(ByteBuffer address, int length) throws NetlinkException {
        int family = length < 2
                ? 0
                : address.duplicate().order(ByteOrder.nativeOrder()).getShort(0);
        byte[] bytes;
        if (family == IpFamily.IPV4.addressFamily() && length >= 8) {
            bytes = new byte[4];
            address.get(4, bytes);
        } else if (family == IpFamily.IPV6.addressFamily() && length >= 24) {
            bytes = new byte[16];
            address.get(8, bytes); // behind port and flow label
        } else {
            throw NetlinkException.remarked(
                    "find the original destination of a connection",
                    Errno.EBADMSG,
                    "the kernel answered with family " + family + " and " + length + " bytes");
        }
        int port = address.duplicate().order(ByteOrder.BIG_ENDIAN).getShort(2) & 0xffff;
        return new OriginalDestination(IpAddress.of(bytes), port);
    }

    @Override
    public String toString() {
        return address.withPort(port);
    }
}
