// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The echo server of all Pods of the lab, on one thread. It answers a TCP line and a UDP datagram with
 * {@code pod=NAME port=PORT peer=ADDRESS:PORT}, a datagram that begins with {@code ?} with {@code bytes=SIZE}, and the
 * line {@code bulk N} with N bytes. At the end of the client's stream it sends {@code end pod=NAME received=BYTES} and
 * closes.
 */
final class EchoServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EchoServer.class);
    private final Selector selector;
    private final Thread thread;

    /** The owner of a listening channel. */
    private record Door(String pod, int port) {}

    EchoServer(List<LabHost> pods, List<Integer> tcpPorts, List<Integer> udpPorts) {
        this(pods, tcpPorts, udpPorts, (pod, port) -> List.of(pod.bindUdp(port)));
    }

    /** @param udp opens the sockets of a host for a UDP port */
    EchoServer(
            List<LabHost> pods,
            List<Integer> tcpPorts,
            List<Integer> udpPorts,
            BiFunction<LabHost, Integer, List<DatagramChannel>> udp) {
        try {
            selector = Selector.open();
            for (LabHost pod : pods) {
                for (int port : tcpPorts) {
                    register(pod.listen(port), SelectionKey.OP_ACCEPT, new Door(pod.name(), port));
                }
                for (int port : udpPorts) {
                    for (DatagramChannel channel : udp.apply(pod, port)) {
                        register(channel, SelectionKey.OP_READ, new Door(pod.name(), port));
                    }
                }
            }
        } catch (IOException e) {
            throw new LabException("echo servers", e);
        }
        thread = Thread.ofPlatform().name("lab-echo").daemon().start(this::serve);
    }

    private void register(SelectableChannel channel, int interest, Object attachment) throws IOException {
        channel.configureBlocking(false);
        channel.register(selector, interest, attachment);
    }

    private void serve() {
        try {
            while (selector.isOpen()) {
                selector.select(this::handle);
            }
        } catch (ClosedSelectorException e) {
            LOG.debug("echo servers closed");
        } catch (IOException e) {
            LOG.error("echo servers stopped", e);
        }
    }

    private void handle(SelectionKey key) {
        try {
            switch (key.channel()) {
                case ServerSocketChannel server -> accept(server, (Door) key.attachment());
                case DatagramChannel udp -> answer(udp, (Door) key.attachment());
                case SocketChannel ignored -> ((EchoConversation) key.attachment()).go(key);
                default -> throw new IllegalStateException("unexpected channel " + key.channel());
            }
        } catch (CancelledKeyException e) {
            LOG.debug("{}: closed meanwhile", key.attachment());
        } catch (IOException e) {
            LOG.debug("{}: {}", key.attachment(), e.toString());
            if (key.channel() instanceof SocketChannel) {
                closeQuietly(key.channel());
            }
        }
    }

    private void accept(ServerSocketChannel server, Door door) throws IOException {
        for (SocketChannel client = server.accept(); client != null; client = server.accept()) {
            String answer = answerTo((InetSocketAddress) client.getRemoteAddress(), door);
            register(client, SelectionKey.OP_READ, new EchoConversation(client, door.pod(), answer));
        }
    }

    private static void answer(DatagramChannel udp, Door door) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(65536);
        while (udp.receive(in.clear()) instanceof InetSocketAddress peer) {
            boolean size = in.position() > 0 && in.get(0) == '?';
            String answer = size ? "bytes=" + in.position() + "\n" : answerTo(peer, door);
            udp.send(ByteBuffer.wrap(answer.getBytes(StandardCharsets.US_ASCII)), peer);
        }
    }

    private static String answerTo(InetSocketAddress peer, Door door) {
        return "pod=" + door.pod() + " port=" + door.port() + " peer="
                + IpAddress.of(peer.getAddress()).withPort(peer.getPort()) + "\n";
    }

    private static void closeQuietly(SelectableChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("close", e);
        }
    }

    @Override
    public void close() {
        try {
            List<SelectionKey> keys = List.copyOf(selector.keys());
            keys.forEach(key -> closeQuietly(key.channel()));
            selector.close(); // releases the descriptors of cancelled channels, which hold their namespaces
            thread.join();
        } catch (IOException e) {
            throw new LabException("echo servers", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
