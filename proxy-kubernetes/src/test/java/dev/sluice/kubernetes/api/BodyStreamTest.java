// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.http.AsyncBody;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BodyStreamTest {
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    /** Streams of one connection fall silent at different times, and the last one decides when the peer is doubted. */
    @Test
    @Tag("slow")
    void aSilenceThatGoesOnIsReportedAgainSoon() {
        List<Duration> silences = new ArrayList<>();
        BodyStream stream = new BodyStream(
                PATIENCE,
                silence -> {
                    silences.add(silence);
                    if (silences.size() == 2) {
                        throw new IOException("enough");
                    }
                },
                () -> {});
        stream.begin(new SilentBody());
        assertThatThrownBy(stream::read).hasMessage("enough");
        assertThat(silences.getFirst()).isGreaterThanOrEqualTo(PATIENCE);
        assertThat(silences.getLast().minus(silences.getFirst())).isLessThan(PATIENCE);
    }

    private static final class SilentBody implements AsyncBody {
        @Override
        public void consume() {}

        @Override
        public CompletableFuture<Void> done() {
            return new CompletableFuture<>();
        }

        @Override
        public void cancel() {}
    }
}
