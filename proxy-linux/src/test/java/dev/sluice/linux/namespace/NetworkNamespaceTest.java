// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.namespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.Links.Link;
import dev.sluice.linux.route.NetlinkLinks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RootOnly
@Timeout(60)
@Tag("slow")
final class NetworkNamespaceTest {
    private static final Path CURRENT = Path.of("/proc/thread-self/ns/net");

    private static String current() throws IOException {
        return Files.readSymbolicLink(CURRENT).toString();
    }

    private static String output(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    @Test
    void threadLivesInsideAndTheCallerStaysOutside() throws Exception {
        String outside = current();
        try (NetworkNamespace namespace = NetworkNamespace.create("inside")) {
            String inside = namespace.call(NetworkNamespaceTest::current);
            assertThat(inside).startsWith("net:[").isNotEqualTo(outside);
            assertThat(Files.readSymbolicLink(namespace.path())).hasToString(inside);
            assertThat(current()).isEqualTo(outside);
        }
    }

    @Test
    void loopbackIsUpAndCarriesTraffic() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("loop")) {
            namespace.run(() -> {
                try (NetlinkLinks links = NetlinkLinks.open()) {
                    assertThat(links.links()).singleElement().matches(Link::up).matches(Link::loopback);
                    assertThat(links.addresses())
                            .extracting(address -> address.address() + "/" + address.prefixLength())
                            .containsExactlyInAnyOrder("127.0.0.1/8", "::1/128");
                }
                try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                        Socket client = new Socket(server.getInetAddress(), server.getLocalPort())) {
                    assertThat(client.isConnected()).isTrue();
                }
            });
        }
    }

    @Test
    void socketBelongsToTheNamespaceThatItWasMadeIn() throws Exception {
        try (NetworkNamespace one = NetworkNamespace.create("one");
                NetworkNamespace two = NetworkNamespace.create("two")) {
            try (ServerSocket server = one.call(() -> new ServerSocket(0, 1, InetAddress.getLoopbackAddress()))) {
                InetSocketAddress address = new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
                one.run(() -> new Socket(address.getAddress(), address.getPort()).close());
                assertThat(server.accept().isConnected()).isTrue();
                assertThatExceptionOfType(IOException.class)
                        .isThrownBy(() -> two.run(() -> new Socket(address.getAddress(), address.getPort()).close()));
            }
        }
    }

    @Test
    void childProcessStartedInsideIsInside() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("child")) {
            String inside = namespace.call(NetworkNamespaceTest::current);
            String[] ask = {"readlink", "/proc/self/ns/net"};
            assertThat(namespace.<String, IOException>call(() -> output(ask))).isEqualTo(inside);
            assertThat(output(ask)).isEqualTo(current()).isNotEqualTo(inside);
        }
    }

    @Test
    void newThreadsLiveInside() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("threads")) {
            CompletableFuture<String> seen = new CompletableFuture<>();
            Thread thread = namespace.newThread("worker-1", () -> {
                try {
                    seen.complete(Thread.currentThread().getName() + " " + current());
                } catch (IOException e) {
                    seen.completeExceptionally(e);
                }
            });
            thread.start();
            thread.join();
            assertThat(seen.join()).isEqualTo("worker-1 " + namespace.call(NetworkNamespaceTest::current));
        }
    }

    @Test
    void exceptionsComeOverAsTheyAre() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("errors")) {
            assertThatThrownBy(() -> namespace.run(() -> {
                        throw new IOException("from inside");
                    }))
                    .isInstanceOf(IOException.class)
                    .hasMessage("from inside");
            assertThatThrownBy(() -> namespace.run(() -> {
                        throw new AssertionError("from inside");
                    }))
                    .isInstanceOf(AssertionError.class);
            assertThat(namespace.<Integer, KernelException>call(() -> namespace.call(() -> 7)))
                    .as("a task inside a task")
                    .isEqualTo(7);
        }
    }

    @Test
    void closingRemovesTheOtherEndsOfItsLinks() throws Exception {
        try (NetworkNamespace left = NetworkNamespace.create("left")) {
            NetworkNamespace right = NetworkNamespace.create("right");
            IpCommand.run(left, "link add l0 type veth peer name r0");
            IpCommand.run(left, "link set r0 netns " + threadOf(right));
            assertThat(linkNames(right)).containsExactlyInAnyOrder("lo", "r0");
            right.close();
            right.close();
            assertThat(linkNames(left)).containsExactly("lo");
        }
    }

    @Test
    void threadEndsWithTheNamespace() throws Exception {
        Thread inside;
        try (NetworkNamespace namespace = NetworkNamespace.create("ends")) {
            inside = namespace.call(Thread::currentThread);
        }
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !inside.isAlive());
    }

    private static String threadOf(NetworkNamespace namespace) {
        return namespace.path().getName(1).toString();
    }

    private static java.util.List<String> linkNames(NetworkNamespace namespace) throws NetlinkException {
        return namespace.call(() -> {
            try (NetlinkLinks links = NetlinkLinks.open()) {
                return links.links().stream().map(Link::name).toList();
            }
        });
    }
}
