// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.timing.Attempts;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A builder of calls from one host.
 *
 * @param sourcePort the source port, 0 for any
 * @param patience the time after which a call counts as {@link Outcome.TimedOut}
 * @param source the source address, null for the kernel's choice
 */
public record Caller(
        LabHost host,
        int sourcePort,
        Duration patience,
        @Nullable IpAddress source) {
    private static final Duration BUSY = Duration.ofSeconds(10);

    /** Binds a socket to an address, once. */
    @FunctionalInterface
    private interface Bind {
        void run() throws IOException;
    }

    public Caller fromPort(int port) {
        return new Caller(host, port, patience, source);
    }

    public Caller waiting(Duration time) {
        return new Caller(host, sourcePort, time, source);
    }

    public Caller fromAddress(IpAddress address) {
        return new Caller(host, sourcePort, patience, address);
    }

    /** Connects, sends one request, and closes. */
    public Outcome tcp(IpAddress address, int port) {
        try (Connection connection = connect(address, port)) {
            return connection.ask();
        } catch (IOException e) {
            return outcomeOf(e);
        }
    }

    /** A connection that stays open. */
    public Connection connect(IpAddress address, int port) throws IOException {
        SocketChannel channel = host.tcpSocket(address.family());
        try {
            if (sourcePort != 0 || source != null) {
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                channel.bind(
                        source == null
                                ? new InetSocketAddress(sourcePort)
                                : new InetSocketAddress(source.toInetAddress(), sourcePort));
            }
            channel.socket().connect(new InetSocketAddress(address.toInetAddress(), port), (int) patience.toMillis());
            channel.socket().setSoTimeout((int) patience.toMillis());
            return new Connection(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Sends one datagram and waits for the answer. */
    public Outcome udp(IpAddress address, int port) {
        try (DatagramChannel channel = host.udpSocket(address.family())) {
            if (sourcePort != 0 || source != null) {
                // at the wildcard address, the runs of both families would conflict
                IpAddress from = source == null ? host.address(address.family()) : source;
                InetSocketAddress own = new InetSocketAddress(from.toInetAddress(), sourcePort);
                untilFree(own, () -> channel.bind(own));
            }
            SocketAddress target = new InetSocketAddress(address.toInetAddress(), port);
            channel.connect(target);
            byte[] question = "hello\n".getBytes(StandardCharsets.US_ASCII);
            channel.socket().setSoTimeout((int) patience.toMillis());
            channel.socket().send(new DatagramPacket(question, question.length, target));
            DatagramPacket answer = new DatagramPacket(new byte[2048], 2048);
            channel.socket().receive(answer);
            String line = new String(answer.getData(), 0, answer.getLength(), StandardCharsets.US_ASCII);
            String from = IpAddress.of(answer.getAddress()).withPort(answer.getPort());
            return Outcome.Answer.parse(line, from).<Outcome>map(a -> a).orElseGet(() -> new Outcome.Foreign(line));
        } catch (IOException e) {
            return outcomeOf(e);
        }
    }

    /** A process that another thread has just begun has the sockets of this one until it runs its program. */
    private static void untilFree(Object source, Bind bind) {
        Attempts.until(BUSY, source + " is bound", () -> {
            bind.run();
            return new Attempts.Observation(true, "");
        });
    }

    /** Opens an SCTP association from this host's first address, sends one request, and closes. */
    public Outcome sctp(IpAddress address, int port) {
        try (NativeSocket socket = NativeSocket.sctp(host, address.family())) {
            IpAddress own = host.address(address.family());
            untilFree(own.withPort(sourcePort), () -> socket.bind(own, sourcePort));
            socket.connect(address, port, patience);
            socket.send("hello\n".getBytes(StandardCharsets.US_ASCII));
            byte[] answer = socket.receive(patience);
            String line = new String(answer, StandardCharsets.US_ASCII);
            return line.isEmpty()
                    ? new Outcome.Closed()
                    : Outcome.Answer.parse(line, address.withPort(port))
                            .<Outcome>map(a -> a)
                            .orElseGet(() -> new Outcome.Foreign(line));
        } catch (IOException e) {
            return outcomeOf(e);
        }
    }

    /** Sends an ICMP echo request. Returns an unreachable error or a refusal; empty when it was answered. */
    public Optional<Outcome> ping(IpAddress address) {
        boolean v4 = address.family() == IpFamily.IPV4;
        byte[] request = {(byte) (v4 ? 8 : 128), 0, 0, 0, 'l', 'b', 0, 1};
        if (v4) {
            int sum = Checksum.of(request);
            request[2] = (byte) (sum >> 8);
            request[3] = (byte) sum;
        }
        int protocol = v4 ? NativeSocket.ICMP : NativeSocket.ICMPV6;
        try (NativeSocket socket = NativeSocket.raw(host, address.family(), protocol)) {
            socket.connect(address, 0, patience);
            socket.send(request);
            while (true) {
                byte[] packet = socket.receive(patience);
                int header = v4 ? (packet[0] & 0xf) * 4 : 0;
                if (packet[header] == (v4 ? 0 : (byte) 129)) {
                    return Optional.empty();
                }
            }
        } catch (IOException e) {
            return Optional.of(outcomeOf(e));
        }
    }

    /** The outcome that a socket error stands for. */
    public static Outcome outcomeOf(IOException error) {
        String text = String.valueOf(error.getMessage());
        return switch (error) {
            case SocketTimeoutException timeout -> new Outcome.TimedOut();
            // also of a connect, for which there is no route or no right
            case BindException unusable -> throw new LabException("the source cannot be used: " + text, unusable);
            case PortUnreachableException refused -> new Outcome.Refused();
            case NoRouteToHostException unreachable -> new Outcome.Unreachable(text);
            case ConnectException refused when text.contains("refused") -> new Outcome.Refused();
            // what a process gets when a rule of its own node rejects its datagram
            case IOException rejected when text.contains("Operation not permitted") -> new Outcome.Refused();
            case ConnectException timeout when text.contains("timed out") -> new Outcome.TimedOut();
            // a SocketChannel's reset is no SocketException
            case IOException reset when text.contains("reset") || text.contains("Broken pipe") -> new Outcome.Closed();
            default -> new Outcome.Unreachable(text);
        };
    }
}
