// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.testkit.api.TlsIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;

/** A kubeconfig with its files: the server's certificate, and one of two client certificates. */
final class TlsFiles {
    private final Path folder;
    private final String address;
    private final TlsIdentity first;
    private final TlsIdentity second;
    private TlsIdentity server;

    TlsFiles(Path folder, String address) throws IOException {
        this.folder = folder;
        this.address = address;
        server = TlsIdentity.create(folder, "server", address);
        first = TlsIdentity.create(folder, "first", address);
        second = TlsIdentity.create(folder, "second", address);
    }

    TlsIdentity server() {
        return server;
    }

    TlsIdentity first() {
        return first;
    }

    TlsIdentity second() {
        return second;
    }

    Path kubeconfig() {
        return folder.resolve("kubeconfig");
    }

    /** The settings of a server that trusts one client. */
    SSLContext serverFor(TlsIdentity client) {
        return server.server(client.certificate());
    }

    /** Gives the server another certificate, which the files do not know yet. */
    void newServer() throws IOException {
        server = TlsIdentity.create(folder, "other-server", address);
    }

    /** Writes the certificates of the server and of a client, each file in one step. */
    void use(TlsIdentity client) throws IOException {
        try {
            replace("ca.crt", server.certificatePem());
            replace("client.key", client.keyPem());
            replace("client.crt", client.certificatePem());
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    /** The same, and the kubeconfig. */
    void use(TlsIdentity client, String url) throws IOException {
        use(client);
        replace("kubeconfig", """
                apiVersion: v1
                kind: Config
                current-context: lab
                contexts:
                - {name: lab, context: {cluster: lab, user: proxy}}
                clusters:
                - {name: lab, cluster: {server: "%s", certificate-authority: ca.crt}}
                users:
                - {name: proxy, user: {client-certificate: client.crt, client-key: client.key}}
                """.formatted(url));
    }

    private void replace(String name, String content) throws IOException {
        Path half = Files.writeString(folder.resolve(name + ".half"), content);
        Files.move(half, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
}
