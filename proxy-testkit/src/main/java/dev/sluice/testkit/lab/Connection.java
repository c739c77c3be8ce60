// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpAddress;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** An established TCP connection to an {@link EchoServer}. */
public final class Connection implements AutoCloseable {
    private final SocketChannel channel;
    private final InputStream input;

    Connection(SocketChannel channel) throws IOException {
        this.channel = channel;
        this.input = new BufferedInputStream(channel.socket().getInputStream());
    }

    /** Sends a line and reads the answer. */
    public Outcome ask() {
        try {
            send("hello\n");
            Optional<String> line = readLine();
            InetSocketAddress peer = (InetSocketAddress) channel.getRemoteAddress();
            String from = IpAddress.of(peer.getAddress()).withPort(peer.getPort());
            return line.isEmpty()
                    ? new Outcome.Closed()
                    : Outcome.Answer.parse(line.get(), from)
                            .<Outcome>map(a -> a)
                            .orElseGet(() -> new Outcome.Foreign(line.get()));
        } catch (IOException e) {
            return Caller.outcomeOf(e);
        }
    }

    public void send(String text) throws IOException {
        send(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }

    public void send(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Shuts down the output; reading goes on. */
    public void halfClose() throws IOException {
        channel.shutdownOutput();
    }

    /** The next line without its line end; empty when the peer has closed. */
    public Optional<String> readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = input.read(); c != -1; c = input.read()) {
            if (c == '\n') {
                return Optional.of(line.toString(StandardCharsets.US_ASCII));
            }
            line.write(c);
        }
        return line.size() == 0 ? Optional.empty() : Optional.of(line.toString(StandardCharsets.US_ASCII));
    }

    /** The incoming bytes, e.g. the answer to {@code bulk N}. */
    public InputStream input() {
        return input;
    }

    public int localPort() throws IOException {
        return ((InetSocketAddress) channel.getLocalAddress()).getPort();
    }

    /** Resets the connection. */
    public void reset() throws IOException {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.close();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new LabException("close", e);
        }
    }
}
