// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ClientCertificateTest {
    @TempDir
    Path directory;

    @Test
    void anExpiredOrSoonExpiringCertificateIsNamed() throws IOException, InterruptedException {
        Path file = certificate(100);
        Config config = Config.empty();
        config.setClientCertFile(file.toString());

        ClientCertificate found = ClientCertificate.of(config).orElseThrow();
        assertThat(Duration.between(found.from(), found.until())).isEqualTo(Duration.ofDays(100));
        assertThat(found.warning(found.from().plus(Duration.ofDays(90)))).isEmpty();
        assertThat(found.warning(found.from().plus(Duration.ofDays(94))))
                .isEqualTo("the client certificate " + file + " expires at " + found.until() + ": renew it");
        assertThat(found.warning(found.until().plusSeconds(1)))
                .isEqualTo("the client certificate " + file + " expired at " + found.until() + ": renew it");
        assertThat(found.warning(found.from().minusSeconds(1))).contains("check the node's clock");
    }

    @Test
    void aShortLivedCertificateIsLateWhenATenthOfItsLifeIsLeft() throws IOException, InterruptedException {
        Config config = Config.empty();
        config.setClientCertData(Base64.getEncoder().encodeToString(Files.readAllBytes(certificate(1))));

        ClientCertificate found = ClientCertificate.of(config).orElseThrow();
        Instant end = found.until();
        assertThat(found.warning(end.minus(Duration.ofHours(3)))).isEmpty();
        assertThat(found.warning(end.minus(Duration.ofHours(2)))).contains("of the kubeconfig expires");
    }

    @Test
    void withoutACertificateNothingIsKnown() throws IOException {
        Config config = Config.empty();
        assertThat(ClientCertificate.of(config)).isEmpty();
        config.setClientCertFile(
                Files.writeString(directory.resolve("broken"), "no certificate").toString());
        assertThat(ClientCertificate.of(config)).isEmpty();
    }

    private Path certificate(int days) throws IOException, InterruptedException {
        Path file = directory.resolve("client-" + days + ".pem");
        KeyStoreTool.run(
                directory,
                "-genkeypair",
                "-alias",
                "client" + days,
                "-keyalg",
                "EC",
                "-dname",
                "CN=system:node",
                "-validity",
                String.valueOf(days));
        KeyStoreTool.run(directory, "-exportcert", "-rfc", "-alias", "client" + days, "-file", file.toString());
        return file;
    }
}
