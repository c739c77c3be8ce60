// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.namespace.NetworkNamespace;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A host of the lab: a network namespace, and the thread that lives in it. Sockets and processes created on that thread
 * belong to the namespace for good. The thread only creates them; the caller does the waiting.
 */
public final class LabHost implements AutoCloseable {
    private final String name;
    private final @Nullable Path tools;
    private final NetworkNamespace namespace;

    /** @param tools a folder whose programs take precedence on this host */
    LabHost(String name, @Nullable Path tools) {
        this.name = name;
        this.tools = tools;
        try {
            namespace = NetworkNamespace.create(name);
        } catch (KernelException e) {
            throw new LabException("no namespace for " + name + ": " + e.getMessage(), e);
        }
    }

    public String name() {
        return name;
    }

    /** The primary address of this host. */
    public IpAddress address(IpFamily family) {
        return LabAddresses.of(name, family);
    }

    /** Runs {@code task} on the thread that lives in this namespace. */
    public <T> T call(Callable<T> task) {
        try {
            return namespace.call(task::call);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new LabException(name + ": " + e, e);
        }
    }

    /** The file of the namespace, as {@code ip link ... netns} takes it. */
    Path namespaceFile() {
        return namespace.path();
    }

    /** Starts a process in this namespace. */
    public Process start(ProcessBuilder builder) {
        LegacyTools.prefer(tools, builder);
        return call(builder::start);
    }

    /** Runs a command in this namespace and waits for its end. */
    public CommandResult run(String... command) {
        return feed("", command);
    }

    /** Runs a command in this namespace with {@code input} as its standard input, and waits for its end. */
    public CommandResult feed(String input, String... command) {
        Process process = start(new ProcessBuilder(command).redirectErrorStream(true));
        try {
            try (OutputStream stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new CommandResult(List.of(command), process.waitFor(), output);
        } catch (IOException e) {
            throw new LabException(String.join(" ", command) + " in " + name, e);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new LabException(String.join(" ", command) + " in " + name + ": interrupted", e);
        }
    }

    /** A builder of calls from this host. */
    public Caller caller() {
        return new Caller(this, 0, Duration.ofSeconds(2), null);
    }

    /** Connects, sends one request, and closes. */
    public Outcome tcp(IpAddress address, int port) {
        return caller().tcp(address, port);
    }

    /** Sends one datagram and waits for the answer. */
    public Outcome udp(IpAddress address, int port) {
        return caller().udp(address, port);
    }

    /** A listening TCP socket on every address of this host. */
    public ServerSocketChannel listen(int port) {
        return call(() -> {
            ServerSocketChannel channel = ServerSocketChannel.open();
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(new InetSocketAddress(port), 512);
            return channel;
        });
    }

    /** A UDP socket on every address of this host. */
    public DatagramChannel bindUdp(int port) {
        return call(() -> DatagramChannel.open().bind(new InetSocketAddress(port)));
    }

    /** A UDP socket on one address of this host. */
    DatagramChannel bindUdp(IpAddress at, int port) {
        return call(() -> DatagramChannel.open(protocolFamily(at.family()))
                .bind(new InetSocketAddress(at.toInetAddress(), port)));
    }

    SocketChannel tcpSocket(IpFamily family) {
        return call(() -> SocketChannel.open(protocolFamily(family)));
    }

    /** A UDP socket that is not bound. */
    public DatagramChannel udpSocket(IpFamily family) {
        return call(() -> DatagramChannel.open(protocolFamily(family)));
    }

    private static ProtocolFamily protocolFamily(IpFamily family) {
        return family == IpFamily.IPV4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
    }

    @Override
    public void close() {
        namespace.close();
    }
}
