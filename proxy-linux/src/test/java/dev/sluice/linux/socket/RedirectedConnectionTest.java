package dev.sluice.linux.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.route.NetlinkLinks;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real connections through a REDIRECT rule, in a namespace. */
@RootOnly
@Timeout(60)
final class RedirectedConnectionTest {
    private NetworkNamespace namespace;

    @BeforeEach
    void open() throws Exception {
        namespace = NetworkNamespace.create("redirect");
        namespace.run(() -> {
            try (NetlinkLinks links = NetlinkLinks.open()) {
                links.addAddress("lo", IpAddress.of("10.96.0.10"), 32);
                links.addAddress("lo", IpAddress.of("fd00:96::a"), 128);
            }
        });
    }

    @AfterEach
    void close() {
        namespace.close();
    }

    private void redirect(String tool, String address, int port) throws IOException, InterruptedException {
        String[] command = {
            tool,
            "-w",
            "-t",
            "nat",
            "-A",
            "OUTPUT",
            "-d",
            address,
            "-p",
            "tcp",
            "-j",
            "REDIRECT",
            "--to-ports",
            "" + port
        };
        Process process = namespace.call(
                () -> new ProcessBuilder(command).redirectErrorStream(true).start());
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assumeTrue(process.waitFor() == 0, () -> "no REDIRECT on this kernel: " + output);
    }

    /** The descriptors of this process that are sockets. The JDK does not tell a channel's own. */
    private static Set<Integer> sockets() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.filter(RedirectedConnectionTest::isSocket)
                    .map(file -> Integer.valueOf(file.getFileName().toString()))
                    .collect(Collectors.toCollection(HashSet::new));
        }
    }

    private static boolean isSocket(Path file) {
        try {
            return Files.readSymbolicLink(file).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // the descriptor of the listing itself
        }
    }

    @ParameterizedTest
    @CsvSource({"iptables, 10.96.0.10, 127.0.0.1, IPV4", "ip6tables, fd00:96::a, ::1, IPV6"})
    void acceptedConnectionKnowsWhatTheClientMeant(String tool, String service, String listen, IpFamily family)
            throws Exception {
        try (ServerSocketChannel server = namespace.call(() -> ServerSocketChannel.open()
                .bind(new InetSocketAddress(IpAddress.of(listen).toInetAddress(), 0)))) {
            redirect(tool, service, server.socket().getLocalPort());
            try (SocketChannel client = namespace.call(() -> SocketChannel.open(
                    new InetSocketAddress(IpAddress.of(service).toInetAddress(), 443)))) {
                Set<Integer> before = sockets();
                try (SocketChannel accepted = server.accept()) {
                    Set<Integer> after = sockets();
                    after.removeAll(before);
                    assertThat(after).hasSize(1);
                    assertThat(OriginalDestination.of(after.iterator().next(), family))
                            .isEqualTo(new OriginalDestination(IpAddress.of(service), 443));
                    assertThat(accepted.isConnected()).isTrue();
                    assertThat(client.isConnected()).isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"IPV4", "IPV6"})
    void closedDescriptorIsAnError(IpFamily family) {
        assertThatExceptionOfType(NetlinkException.class)
                .isThrownBy(() -> OriginalDestination.of(1_000_000, family))
                .withMessageContaining("original destination");
    }
}
