// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpFamily;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The SCTP echo server of the lab's Pods. It answers each message with a line as the {@link EchoServer} does. Every
 * listener is bound to its Pod's one address: otherwise the kernel would announce all addresses of the Pod to clients,
 * and they would bypass the Service.
 */
final class SctpEchoServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SctpEchoServer.class);
    private static final Duration TURN = Duration.ofMillis(200);
    private static final Duration LONGEST_SILENCE = Duration.ofMinutes(2);
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;

    SctpEchoServer(List<LabHost> pods, int port) {
        try {
            for (LabHost pod : pods) {
                for (IpFamily family : IpFamily.values()) {
                    NativeSocket listener = NativeSocket.sctp(pod, family);
                    listener.bind(pod.address(family), port);
                    listener.listen();
                    threads.add(Thread.ofPlatform()
                            .name("lab-sctp-" + pod.name())
                            .daemon()
                            .start(() -> serve(listener, pod.name(), port)));
                }
            }
        } catch (IOException e) {
            throw new LabException("SCTP echo servers", e);
        }
    }

    private void serve(NativeSocket listener, String pod, int port) {
        try (listener) {
            while (!closed) {
                listener.accept(TURN)
                        .ifPresent(accepted -> Thread.ofPlatform()
                                .name("lab-sctp-conversation")
                                .daemon()
                                .start(() -> converse(accepted, pod, port)));
            }
        } catch (IOException e) {
            LOG.error("SCTP echo server of {} stopped", pod, e);
        }
    }

    private static void converse(NativeSocket.Accepted accepted, String pod, int port) {
        String answer =
                "pod=" + pod + " port=" + port + " peer=" + accepted.peer().withPort(accepted.peerPort()) + "\n";
        try (NativeSocket socket = accepted.socket()) {
            while (socket.receive(LONGEST_SILENCE).length > 0) {
                socket.send(answer.getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            LOG.debug("{}: {}", pod, e.toString());
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
