// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** Opens the listening socket of a {@link FakeApi}. */
final class ApiListener {
    private ApiListener() {}

    /** @param needsCertificate whether clients must show a certificate that it trusts; otherwise a token will do */
    record ApiTls(SSLContext context, boolean needsCertificate) {}

    /** @param tls null for plain HTTP */
    static HttpServer open(InetSocketAddress at, @Nullable ApiTls tls, HttpHandler handler, Executor executor)
            throws IOException {
        HttpServer server = tls == null ? HttpServer.create(at, 0) : withTls(at, tls);
        server.setExecutor(executor);
        server.createContext("/", handler);
        server.start();
        return server;
    }

    private static HttpServer withTls(InetSocketAddress at, ApiTls tls) throws IOException {
        HttpsServer server = HttpsServer.create(at, 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls.context()) {
            @Override
            public void configure(HttpsParameters connection) {
                SSLParameters parameters = tls.context().getDefaultSSLParameters();
                parameters.setNeedClientAuth(tls.needsCertificate());
                connection.setSSLParameters(parameters);
            }
        });
        return server;
    }
}
