// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The version of the PROXY protocol, a header before the client's first byte that passes the client's address to an
 * endpoint (haproxy, doc/proxy-protocol.txt, sections 2.1 and 2.2).
 */
public enum ProxyProtocol {
    /** The header is a line of text. */
    V1 {
        @Override
        public byte[] header(IpAddress client, int clientPort, IpAddress destination, int port) {
            String family = client.family() == IpFamily.IPV4 ? "TCP4" : "TCP6";
            String line = "PROXY " + family + " " + client + " " + destination + " " + clientPort + " " + port + "\r\n";
            return line.getBytes(StandardCharsets.US_ASCII);
        }

        @Override
        public byte[] localHeader() {
            return "PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII);
        }
    },
    /** The header is binary. */
    V2 {
        @Override
        public byte[] header(IpAddress client, int clientPort, IpAddress destination, int port) {
            int addresses = 2 * client.bytes().length + 4;
            ByteBuffer header = ByteBuffer.allocate(SIGNATURE.length + 4 + addresses);
            header.put(SIGNATURE)
                    .put(VERSION_2_PROXY)
                    .put(client.family() == IpFamily.IPV4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6)
                    .putShort((short) addresses)
                    .put(client.bytes())
                    .put(destination.bytes())
                    .putShort((short) clientPort)
                    .putShort((short) port);
            return header.array();
        }

        @Override
        public byte[] localHeader() {
            ByteBuffer header = ByteBuffer.allocate(SIGNATURE.length + 4);
            return header.put(SIGNATURE).put(VERSION_2_LOCAL).array();
        }
    };

    private static final byte[] SIGNATURE = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
    private static final byte VERSION_2_LOCAL = 0x20;
    private static final byte VERSION_2_PROXY = 0x21;
    private static final byte TCP_OVER_IPV4 = 0x11;
    private static final byte TCP_OVER_IPV6 = 0x21;

    /**
     * The header of a TCP connection.
     *
     * @param destination the address that the client connected to, of the client's family
     */
    public abstract byte[] header(IpAddress client, int clientPort, IpAddress destination, int port);

    /** The header of a connection of the proxy itself, such as a health check. */
    public abstract byte[] localHeader();

    /** The version named {@code v1} or {@code v2}. */
    public static Optional<ProxyProtocol> parse(String text) {
        return switch (text) {
            case "v1" -> Optional.of(V1);
            case "v2" -> Optional.of(V2);
            default -> Optional.empty();
        };
    }
}
