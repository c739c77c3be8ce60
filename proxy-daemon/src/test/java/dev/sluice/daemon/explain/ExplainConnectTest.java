// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.daemon.config.ConfigException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code explain --connect} fails where no connection can be made, whatever the daemon says of the rules. */
class ExplainConnectTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private HttpServer daemon;
    private ServerSocket target;

    @BeforeEach
    void listen() throws IOException {
        target = new ServerSocket(0, 1, LOOPBACK);
        daemon = HttpServer.create(new InetSocketAddress(LOOPBACK, 0), 0);
        daemon.createContext(ExplainPage.PATH, exchange -> {
            byte[] answer = "the rules forward it\n".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        daemon.start();
    }

    @AfterEach
    void close() throws IOException {
        daemon.stop(0);
        target.close();
    }

    private int explain(String... more) throws ConfigException {
        String to = LOOPBACK.getHostAddress() + ":" + target.getLocalPort();
        String server = LOOPBACK.getHostAddress() + ":" + daemon.getAddress().getPort();
        List<String> arguments = new ArrayList<>(List.of(to, "--server", server));
        arguments.addAll(List.of(more));
        return new ExplainCommand().run(arguments);
    }

    @Test
    void opensAConnection() throws ConfigException, IOException {
        assertThat(explain("--connect")).isZero();
        target.setSoTimeout(20_000);
        target.accept().close();
    }

    @Test
    void failsWithoutOne() throws ConfigException, IOException {
        target.close();

        assertThat(explain()).isZero();
        assertThatThrownBy(() -> explain("--connect"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no connection to 127.0.0.1 port " + target.getLocalPort());
    }

    @Test
    void takesTcp() {
        assertThatThrownBy(() -> ExplainCommand.parse(List.of("10.96.0.10:53/udp", "--connect")))
                .hasMessageContaining("a connection takes TCP, not 'udp'");
    }
}
