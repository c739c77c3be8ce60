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

    /** @param tls null for plain HTTP; otherwise clients must show a certificate that it trusts */
    static HttpServer open(InetSocketAddress at, @Nullable SSLContext tls, HttpHandler handler, Executor executor)
            throws IOException {
        HttpServer server = tls == null ? HttpServer.create(at, 0) : withTls(at, tls);
        server.setExecutor(executor);
        server.createContext("/", handler);
        server.start();
        return server;
    }

    private static HttpServer withTls(InetSocketAddress at, SSLContext tls) throws IOException {
        HttpsServer server = HttpsServer.create(at, 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters connection) {
                SSLParameters parameters = tls.getDefaultSSLParameters();
                parameters.setNeedClientAuth(true);
                connection.setSSLParameters(parameters);
            }
        });
        return server;
    }
}
