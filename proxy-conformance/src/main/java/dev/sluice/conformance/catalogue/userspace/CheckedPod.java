// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.LabHost;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A server on a host of the lab that answers HTTP requests, and lines of the lab's callers as every Pod does, as long
 * as it behaves.
 */
public final class CheckedPod implements AutoCloseable {
    private final LabHost host;
    private final int port;
    private final ServerSocketChannel listener;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Set<IpAddress> checkedFrom = ConcurrentHashMap.newKeySet();
    private volatile Behaviour behaviour = Behaviour.GOOD;

    /** What it does with those who connect. */
    public enum Behaviour {
        GOOD,
        /** Requests are answered with status 500. */
        ERROR,
        /** It accepts, and says nothing. */
        SILENT
    }

    public CheckedPod(LabHost host, int port) {
        this.host = host;
        this.port = port;
        listener = host.listen(port);
        Thread.ofVirtual().start(this::accept);
    }

    public void behave(Behaviour other) {
        behaviour = other;
    }

    /** The addresses that HTTP requests came from. */
    public Set<IpAddress> checkedFrom() {
        return Set.copyOf(checkedFrom);
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                Socket client = listener.accept().socket();
                open.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            InetSocketAddress peer = (InetSocketAddress) client.getRemoteSocketAddress();
            BufferedReader lines = new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                boolean http = line.startsWith("GET ");
                if (http) {
                    checkedFrom.add(IpAddress.of(peer.getAddress()));
                }
                if (behaviour == Behaviour.SILENT || line.contains(":") || line.isEmpty()) {
                    continue;
                }
                client.getOutputStream().write((http ? status() : answer(peer)).getBytes(US_ASCII));
            }
        } catch (IOException e) {
            // the client has left
        } finally {
            open.remove(client);
        }
    }

    private String status() {
        return behaviour == Behaviour.GOOD
                ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                : "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
    }

    private String answer(InetSocketAddress peer) {
        return "pod=" + host.name() + " port=" + port + " peer="
                + IpAddress.of(peer.getAddress()).withPort(peer.getPort()) + "\n";
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
