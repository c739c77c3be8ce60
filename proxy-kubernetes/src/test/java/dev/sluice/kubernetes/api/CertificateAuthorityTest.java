// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {
    private static final String PEM = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";

    @TempDir
    Path folder;

    @Test
    void theSameAuthorityHasOneFingerprintWhereverItIsKept() throws IOException {
        Config inFile = Config.empty();
        inFile.setCaCertFile(Files.writeString(folder.resolve("ca.crt"), PEM).toString());
        Config inline = Config.empty();
        inline.setCaCertData(Base64.getEncoder().encodeToString(PEM.strip().getBytes(UTF_8)));
        Config other = Config.empty();
        other.setCaCertData(PEM.replace("QUJD", "QUJE"));

        assertThat(CertificateAuthority.fingerprint(inFile)).matches("[0-9a-f]{64}");
        assertThat(CertificateAuthority.fingerprint(inline)).isEqualTo(CertificateAuthority.fingerprint(inFile));
        assertThat(CertificateAuthority.fingerprint(other))
                .matches("[0-9a-f]{64}")
                .isNotEqualTo(CertificateAuthority.fingerprint(inFile));
    }

    @Test
    void withoutOneThereIsNone() {
        Config config = Config.empty();
        assertThat(CertificateAuthority.fingerprint(config)).isEmpty();
        config.setCaCertFile(folder.resolve("missing").toString());
        assertThat(CertificateAuthority.fingerprint(config)).isEmpty();
    }

    @Test
    @Tag("slow")
    void nobodyElseIsTrustedBesideIt() throws Exception {
        KeyStoreTool.run(folder, "-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=kubernetes");
        Path pem = folder.resolve("ca.pem");
        KeyStoreTool.run(folder, "-exportcert", "-rfc", "-alias", "ca", "-file", pem.toString());
        Config config = Config.empty();
        config.setCaCertFile(pem.toString());

        assertThat(issuers(config)).containsExactly("CN=kubernetes");
        assertThat(issuers(Config.empty())).hasSizeGreaterThan(10);
    }

    private static List<String> issuers(Config config) throws IOException, GeneralSecurityException {
        X509TrustManager trusted = (X509TrustManager) CertificateAuthority.trusted(config)[0];
        return Arrays.stream(trusted.getAcceptedIssuers())
                .map(issuer -> issuer.getSubjectX500Principal().getName())
                .toList();
    }
}
