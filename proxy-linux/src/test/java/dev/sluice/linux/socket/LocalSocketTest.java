// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.linux.NetlinkException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class LocalSocketTest {
    private static final Duration SOON = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofSeconds(5);

    private final String name = "sluice-test-" + ProcessHandle.current().pid();

    @Test
    void bytesGoBothWaysUntilOneEndCloses() throws NetlinkException {
        try (LocalSocket door = LocalSocket.listen(name)) {
            assertThat(door.accept(SOON)).isEmpty();
            LocalSocket left = LocalSocket.connect(name).orElseThrow();
            try (LocalSocket right = door.accept(LONG).orElseThrow()) {
                assertThat(right.peerProcess())
                        .isEqualTo((int) ProcessHandle.current().pid());
                assertThat(left.send('a')).isTrue();
                assertThat(right.receive(LONG)).isEqualTo('a');
                assertThat(right.receive(SOON)).isEqualTo(LocalSocket.NOTHING);
                assertThat(right.send('b')).isTrue();
                assertThat(left.receive(LONG)).isEqualTo('b');
                left.close();
                assertThat(right.receive(LONG)).isEqualTo(LocalSocket.END);
                assertThat(right.send('c')).isFalse();
            }
        }
    }

    @Test
    void nobodyListensOrTwoWantTo() throws NetlinkException {
        assertThat(LocalSocket.connect(name)).isEmpty();
        try (LocalSocket door = LocalSocket.listen(name)) {
            assertThatThrownBy(() -> LocalSocket.listen(name)).hasMessageContaining("EADDRINUSE");
            assertThat(door.accept(SOON)).isEmpty();
        }
        try (LocalSocket again = LocalSocket.listen(name)) {
            assertThat(again.accept(SOON)).isEmpty();
        }
    }

    @Test
    void whoWaitsIsWokenUp() throws Exception {
        LocalSocket door = LocalSocket.listen(name);
        try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Future<Optional<LocalSocket>> waiting = thread.submit(() -> door.accept(Duration.ofDays(1)));
            assertThatThrownBy(() -> waiting.get(SOON.toMillis(), TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            door.end();
            assertThat(waiting.get(LONG.toSeconds(), TimeUnit.SECONDS)).isEmpty();
            assertThat(door.accept(Duration.ofDays(1))).as("from now on").isEmpty();
        } finally {
            door.close();
        }
        door.end();
        LocalSocket.listen(name).close();
    }

    @Test
    void textsGoOneByOne() throws NetlinkException {
        try (LocalSocket door = LocalSocket.listen(name);
                LocalSocket left = LocalSocket.connect(name).orElseThrow()) {
            LocalSocket right = door.accept(LONG).orElseThrow();
            assertThat(left.receiveText(SOON)).isEmpty();
            assertThat(right.sendText("first, with \u00fc")).isTrue();
            assertThat(right.sendText("x".repeat(5000))).isTrue();
            assertThat(left.receiveText(LONG)).contains("first, with \u00fc");
            assertThat(left.receiveText(LONG)).contains("x".repeat(1024));
            right.close();
            assertThat(left.receiveText(LONG)).isEmpty();
        }
    }

    @Test
    void aListenerThatAcceptsNothingDoesNotBlockWhoConnects() throws NetlinkException {
        List<LocalSocket> waiting = new ArrayList<>();
        try (LocalSocket door = LocalSocket.listen(name)) {
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 100; i++) {
                            waiting.add(LocalSocket.connect(name).orElseThrow());
                        }
                    })
                    .hasMessageContaining("EAGAIN");
            assertThat(door.accept(LONG)).isPresent().hasValueSatisfying(LocalSocket::close);
        } finally {
            waiting.forEach(LocalSocket::close);
        }
    }
}
