// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.kubernetes.read.UserFile;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

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
