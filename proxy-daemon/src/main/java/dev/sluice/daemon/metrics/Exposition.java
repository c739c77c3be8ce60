// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.daemon.http.Page;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Map;

/** The metrics of a registry as a page. */
final class Exposition {
    private static final ExpositionFormats FORMATS = ExpositionFormats.init();

    private final PrometheusRegistry registry;
    private final ExpositionFormatWriter text = FORMATS.getPrometheusTextFormatWriter();
    private final ExpositionFormatWriter openMetrics = FORMATS.getOpenMetricsTextFormatWriter();
    /** What the next page will probably take, in bytes. */
    private volatile int room = 64 << 10;

    Exposition(PrometheusRegistry registry) {
        this.registry = registry;
    }

    /**
     * @param accepted the request's header {@code Accept}: OpenMetrics for those who ask for it, else Prometheus's text
     */
    Page scrape(String accepted) {
        ExpositionFormatWriter writer = openMetrics.accepts(accepted) ? openMetrics : text;
        PageBytes page = new PageBytes(room);
        try {
            writer.write(page, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        room = page.size() + page.size() / 16;
        return new Page(200, writer.getContentType(), page.content(), Map.of());
    }

    /** A large page is written once and not copied: its garbage would make the heap grow. */
    private static final class PageBytes extends ByteArrayOutputStream {
        PageBytes(int room) {
            super(room);
        }

        ByteBuffer content() {
            return ByteBuffer.wrap(buf, 0, count);
        }
    }
}
