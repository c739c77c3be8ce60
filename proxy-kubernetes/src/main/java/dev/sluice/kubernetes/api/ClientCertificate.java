// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.kubernetes.read.UserFile;
import io.fabric8.kubernetes.client.Config;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/**
 * How long the client certificate of a connection is valid.
 *
 * @param place where it was read, for the log
 */
public record ClientCertificate(String place, Instant from, Instant until) {
    private static final Duration SOON = Duration.ofDays(7);

    /** Short-lived certificates are replaced long before: one is late when a tenth of its life is left. */
    private static final int PART = 10;

    /** The certificate that {@code config} names or contains; empty when there is none that can be read. */
    static Optional<ClientCertificate> of(Config config) {
        String file = config.getClientCertFile();
        String data = config.getClientCertData();
        try {
            if (data != null && !data.isEmpty()) {
                byte[] pem = data.startsWith("-----")
                        ? data.getBytes(java.nio.charset.StandardCharsets.US_ASCII)
                        : Base64.getMimeDecoder().decode(data);
                return Optional.of(read("of the kubeconfig", new ByteArrayInputStream(pem)));
            }
            if (file == null || file.isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(read(file, new ByteArrayInputStream(UserFile.read(Path.of(file)))));
        } catch (IOException | CertificateException | IllegalArgumentException e) {
            return Optional.empty(); // making the client with it says what is wrong
        }
    }

    private static ClientCertificate read(String place, InputStream in) throws CertificateException {
        X509Certificate found =
                (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        return new ClientCertificate(
                place, found.getNotBefore().toInstant(), found.getNotAfter().toInstant());
    }

    /** From when on it should have been renewed. */
    public Instant renewal() {
        Duration part = Duration.ofSeconds(Duration.between(from, until).toSeconds() / PART);
        return until.minus(part.compareTo(SOON) < 0 ? part : SOON);
    }

    /** What an operator must know of it at {@code now}; empty while it is good for long. */
    public String warning(Instant now) {
        if (now.isAfter(until)) {
            return "the client certificate " + place + " expired at " + until + ": renew it";
        }
        if (now.isBefore(from)) {
            return "the client certificate " + place + " is valid from " + from + " only: check the node's clock";
        }
        return now.isAfter(renewal()) ? "the client certificate " + place + " expires at " + until + ": renew it" : "";
    }
}
