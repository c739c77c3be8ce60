// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ApiRelayTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final String REQUEST = "GET /version HTTP/1.1\r\nHost: here\r\n\r\n";

    @Test
    void passesOnStopsAndPassesOnWhatItKept() throws Exception {
        try (FakeApi api = new FakeApi(0, 1);
                ApiRelay relay = new ApiRelay(LOOPBACK, new InetSocketAddress(LOOPBACK, api.port()));
                Socket client = new Socket(LOOPBACK, relay.port())) {
            assertThat(status(client, 20_000)).startsWith("HTTP/1.1 200");
            relay.hold(true);
            assertThatThrownBy(() -> status(client, 200)).isInstanceOf(SocketTimeoutException.class);
            relay.hold(false);
            client.setSoTimeout(20_000);
            assertThat(line(client)).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void resetsItsClients() throws Exception {
        try (FakeApi api = new FakeApi(0, 1);
                ApiRelay relay = new ApiRelay(LOOPBACK, new InetSocketAddress(LOOPBACK, api.port()));
                Socket client = new Socket(LOOPBACK, relay.port())) {
            assertThat(status(client, 20_000)).startsWith("HTTP/1.1 200");
            relay.reset();
            assertThatThrownBy(() -> line(client)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aFaultAnswersInPlaceOfTheServerUntilItBehaves() throws Exception {
        try (FakeApi api = new FakeApi(0, 1);
                Socket client = new Socket(LOOPBACK, api.port())) {
            api.misbehave(ApiFault.loginPage());
            assertThat(status(client, 20_000)).containsIgnoringCase("content-type: text/html");
            api.behave();
            assertThat(status(client, 20_000)).containsIgnoringCase("content-type: application/json");
        }
        try (FakeApi api = new FakeApi(0, 1)) {
            api.stop();
            assertThatThrownBy(() -> new Socket(LOOPBACK, api.port())).isInstanceOf(IOException.class);
            api.listen(null);
            try (Socket client = new Socket(LOOPBACK, api.port())) {
                assertThat(status(client, 20_000)).startsWith("HTTP/1.1 200");
            }
        }
    }

    private static String status(Socket client, int patience) throws IOException {
        client.setSoTimeout(patience);
        client.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
        return line(client);
    }

    /** The status line of an answer, which is read to its end. */
    private static String line(Socket client) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = client.getInputStream().read();
            if (next < 0) {
                throw new IOException("closed");
            }
            head.append((char) next);
        }
        int length = Integer.parseInt(head.toString().replaceAll("(?si).*content-length: (\\d+).*", "$1"));
        client.getInputStream().readNBytes(length);
        return head.toString();
    }
}
