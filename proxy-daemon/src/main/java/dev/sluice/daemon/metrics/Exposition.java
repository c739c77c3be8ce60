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

    Exposition(PrometheusRegistry registry) {
        this.registry = registry;
    }

    /**
     * @param accepted the request's header {@code Accept}: OpenMetrics for those who ask for it, else Prometheus's text
     */
    Page scrape(String accepted) {
        ExpositionFormatWriter writer = openMetrics.accepts(accepted) ? openMetrics : text;
        ByteArrayOutputStream page = new ByteArrayOutputStream(64 << 10);
        try {
            writer.write(page, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Page(200, writer.getContentType(), ByteBuffer.wrap(page.toByteArray()), Map.of());
    }
}
