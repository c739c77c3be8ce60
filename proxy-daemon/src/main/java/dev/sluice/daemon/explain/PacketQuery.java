// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.explain;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The packet that the page is asked about.
 *
 * @param to the destination address
 * @param protocol {@code tcp}, {@code udp} or {@code sctp}
 * @param from the source address, empty when the node itself sends
 * @param inInterface the interface that the packet arrives on, empty when unknown
 * @param text whether the answer is for people
 */
record PacketQuery(String to, String port, String protocol, String from, String inInterface, boolean text) {
    private static final List<String> NAMES = List.of("to", "port", "protocol", "from", "interface", "format");

    /**
     * Reads the part of a URL behind the question mark.
     *
     * @throws IllegalArgumentException that says what to write instead
     */
    static PacketQuery parse(String query) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                String name = pair.substring(0, equals);
                if (!NAMES.contains(name)) {
                    throw new IllegalArgumentException(
                            "there is no parameter '" + name + "' (there are: " + String.join(", ", NAMES) + ")");
                }
                values.put(name, URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        String format = values.getOrDefault("format", "json");
        if (!format.equals("json") && !format.equals("text")) {
            throw new IllegalArgumentException("format: want json or text, not '" + format + "'");
        }
        return new PacketQuery(
                values.getOrDefault("to", ""),
                values.getOrDefault("port", ""),
                values.getOrDefault("protocol", "tcp"),
                values.getOrDefault("from", ""),
                values.getOrDefault("interface", ""),
                format.equals("text"));
    }

    /** The query that {@link #parse} reads. */
    String encoded() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("to", to);
        values.put("port", port);
        values.put("protocol", protocol);
        values.put("from", from);
        values.put("interface", inInterface);
        values.put("format", text ? "text" : "json");
        return values.entrySet().stream()
                .filter(e -> !e.getValue().isEmpty())
                .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    /**
     * The packet. It is sent by the node if its source is an address of this node and it has no interface.
     *
     * @throws IllegalArgumentException that names the invalid parameter
     */
    Packet packet() {
        IpAddress destination = address("to", to);
        int destinationPort = port.matches("\\d{1,5}") ? Integer.parseInt(port) : 0;
        if (destinationPort < 1 || destinationPort > 65535) {
            throw new IllegalArgumentException("port: want 1 to 65535, not '" + port + "'");
        }
        Protocol carried = Arrays.stream(Protocol.values())
                .filter(p -> p.lowerCase().equals(protocol.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("protocol: want tcp, udp or sctp, not '" + protocol + "'"));
        IpAddress source = from.isEmpty() ? chosenFor(destination, destinationPort) : address("from", from);
        if (source.family() != destination.family()) {
            throw new IllegalArgumentException(
                    "from: " + source + " and " + destination + " are of different families");
        }
        Origin origin = inInterface.isEmpty() && (from.isEmpty() || isOfNode(source)) ? Origin.NODE : Origin.ARRIVING;
        return new Packet(carried, source, 0, destination, destinationPort, origin, inInterface);
    }

    private static IpAddress address(String name, String text) {
        return IpAddress.parse(text)
                .orElseThrow(() -> new IllegalArgumentException(name + ": want an IP address, not '" + text + "'"));
    }

    /** The source that the kernel gives to a packet of the node; nothing is sent to learn it. */
    private static IpAddress chosenFor(IpAddress destination, int port) {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(destination.toInetAddress(), port));
            return IpAddress.of(socket.getLocalAddress());
        } catch (IOException | UncheckedIOException e) {
            throw new IllegalArgumentException(
                    "the node has no route to " + destination + ", so 'from' has to be given: " + e.getMessage(), e);
        }
    }

    private static boolean isOfNode(IpAddress address) {
        try {
            return address.isLoopback() || NetworkInterface.getByInetAddress(address.toInetAddress()) != null;
        } catch (SocketException e) {
            return false;
        }
    }
}
