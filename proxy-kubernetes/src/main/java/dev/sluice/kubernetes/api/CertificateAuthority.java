// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.kubernetes.read.UserFile;
import io.fabric8.kubernetes.client.Config;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.HexFormat;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** The certificate authority of a connection, by which clusters behind one address are told apart. */
final class CertificateAuthority {
    private CertificateAuthority() {}

    /** The SHA-256 of its PEM text, in hex, wherever that is kept; empty when there is none that can be read. */
    static String fingerprint(Config config) {
        try {
            String pem = new String(pem(config), StandardCharsets.US_ASCII).strip();
            if (pem.isEmpty()) {
                return "";
            }
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(pem.getBytes(StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(digest);
        } catch (IOException | IllegalArgumentException e) {
            return ""; // making the client with it says what is wrong
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has it", e);
        }
    }

    /**
     * Trusts the connection's authority alone, or what the JVM trusts where there is none.
     *
     * @throws CertificateException when it is not a certificate
     */
    static TrustManager[] trusted(Config config) throws IOException, GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        byte[] pem = pem(config);
        factory.init(pem.length == 0 ? null : store(pem));
        return factory.getTrustManagers();
    }

    private static KeyStore store(byte[] pem) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int count = 0;
        for (Certificate certificate :
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem))) {
            store.setCertificateEntry("authority-" + count++, certificate);
        }
        if (count == 0) {
            throw new CertificateException("the certificate authority is empty");
        }
        return store;
    }

    private static byte[] pem(Config config) throws IOException {
        String data = config.getCaCertData();
        String file = config.getCaCertFile();
        if (data != null && !data.isEmpty()) {
            return data.startsWith("-----")
                    ? data.getBytes(StandardCharsets.US_ASCII)
                    : Base64.getMimeDecoder().decode(data);
        }
        return file == null || file.isEmpty() ? new byte[0] : UserFile.read(Path.of(file));
    }
}
