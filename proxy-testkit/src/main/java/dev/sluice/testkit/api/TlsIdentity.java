// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A key with a certificate that it has signed itself, made by the JDK's keytool. */
public record TlsIdentity(PrivateKey key, X509Certificate certificate) {
    private static final String PASSWORD = "only-a-test";

    /**
     * Makes an identity, and a key store of that name in {@code folder}.
     *
     * @param address the IP address that the certificate is for
     */
    public static TlsIdentity create(Path folder, String name, String address) throws IOException {
        Path store = folder.resolve(name + ".p12");
        Files.deleteIfExists(store);
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "RSA",
                "-keysize",
                "2048",
                "-validity",
                "2",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=ip:" + address,
                "-ext",
                "bc:critical=ca:true",
                "-alias",
                name,
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD);
        Process tool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try (InputStream in = tool.waitFor() == 0 ? Files.newInputStream(store) : InputStream.nullInputStream()) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, PASSWORD.toCharArray());
            return new TlsIdentity((PrivateKey) keys.getKey(name, PASSWORD.toCharArray()), (X509Certificate)
                    keys.getCertificate(name));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (GeneralSecurityException e) {
            throw new IOException(String.join(" ", command) + ": " + said, e);
        }
    }

    /** The TLS settings of a server with this identity, which trusts these clients. */
    public SSLContext server(X509Certificate... clients) {
        try {
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry("own", key, PASSWORD.toCharArray(), new X509Certificate[] {certificate});
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, PASSWORD.toCharArray());
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            for (int i = 0; i < clients.length; i++) {
                trusted.setCertificateEntry("client" + i, clients[i]);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("TLS of " + certificate.getSubjectX500Principal(), e);
        }
    }

    /** The certificate in PEM. */
    public String certificatePem() throws GeneralSecurityException {
        return pem("CERTIFICATE", certificate.getEncoded());
    }

    /** The key in PEM, as PKCS 8. */
    public String keyPem() {
        return pem("PRIVATE KEY", key.getEncoded());
    }

    private static String pem(String type, byte[] content) {
        String lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(content);
        return "-----BEGIN " + type + "-----\n" + lines + "\n-----END " + type + "-----\n";
    }
}
