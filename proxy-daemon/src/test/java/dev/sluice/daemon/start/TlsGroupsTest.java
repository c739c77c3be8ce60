// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.api.TlsIdentity;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The key exchanges of TLS that {@code jvm.options} names. */
@Tag("slow")
class TlsGroupsTest {
    private static final String OPTION = "-Djdk.tls.namedGroups=";
    private static final Path OPTIONS = Path.of("src/main/dist/jvm.options");
    /** More than the head of a hello with two keys of elliptic curves. */
    private static final int ROOM = 1 << 16;

    @TempDir
    Path folder;

    private final ByteBuffer toServer = ByteBuffer.allocate(ROOM);
    private final ByteBuffer toClient = ByteBuffer.allocate(ROOM);

    @Test
    void theFirstHelloHasNoKeyOfSecp256r1() throws Exception {
        SSLEngine client = client(TlsIdentity.create(folder, "server", "127.0.0.1"));
        client.beginHandshake();
        client.wrap(ByteBuffer.allocate(0), toServer);
        // a point of a NIST curve is 4 and both coordinates; RFC 8446, 4.2.8: its group, its length
        String hello = HexFormat.of().formatHex(toServer.array(), 0, toServer.position());
        assertThat(hello).contains("001d0020").doesNotContain("0017004104");
    }

    /** With the curves of NIST alone, as where FIPS is required, and with x25519 alone. */
    @Test
    void serversWithOneCurveAreReached() throws Exception {
        TlsIdentity identity = TlsIdentity.create(folder, "server", "127.0.0.1");
        for (String only : List.of("x25519", "secp256r1", "secp384r1", "secp521r1")) {
            SSLEngine client = client(identity);
            handshake(client, server(identity, only));
            assertThat(client.getSession().getProtocol()).as(only).isEqualTo("TLSv1.3");
        }
    }

    private static List<String> groups() throws Exception {
        String line = Files.readAllLines(OPTIONS).stream()
                .filter(option -> option.startsWith(OPTION))
                .findFirst()
                .orElseThrow();
        return List.of(line.substring(OPTION.length()).split(","));
    }

    private static SSLEngine client(TlsIdentity identity) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", identity.certificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return engine(context, true, groups().toArray(String[]::new));
    }

    private static SSLEngine server(TlsIdentity identity, String group) {
        return engine(identity.server(identity.certificate()), false, group);
    }

    private static SSLEngine engine(SSLContext context, boolean client, String... groups) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(client);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setNamedGroups(groups);
        engine.setSSLParameters(parameters);
        return engine;
    }

    private void handshake(SSLEngine client, SSLEngine server) throws Exception {
        toServer.clear();
        toClient.clear();
        client.beginHandshake();
        server.beginHandshake();
        for (int step = 0; step < 100 && !(isDone(client) && isDone(server)); step++) {
            step(client, toClient, toServer);
            step(server, toServer, toClient);
        }
        assertThat(isDone(client) && isDone(server)).isTrue();
    }

    private static boolean isDone(SSLEngine engine) {
        return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
    }

    private static void step(SSLEngine engine, ByteBuffer from, ByteBuffer to) throws Exception {
        ByteBuffer nothing = ByteBuffer.allocate(ROOM);
        switch (engine.getHandshakeStatus()) {
            case NEED_TASK -> {
                for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                    task.run();
                }
            }
            case NEED_WRAP -> engine.wrap(ByteBuffer.allocate(0), to);
            default -> {
                from.flip();
                SSLEngineResult result = engine.unwrap(from, nothing);
                assertThat(result.getStatus()).isNotEqualTo(SSLEngineResult.Status.CLOSED);
                from.compact();
            }
        }
    }
}
