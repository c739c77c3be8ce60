// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.utils.HttpClientUtils;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManager;

/**
 * Makes fabric8's HTTP client from a configuration. fabric8's own way reads the hundred-odd certificates of the JVM's
 * store at each start, to trust them beside the cluster's authority; only that one counts here.
 */
final class HttpClientSetup {
    private final Config config;
    private final JdkHttpClientFactory factory;

    /** @param executor runs what the client does */
    HttpClientSetup(Config config, Executor executor) {
        this.config = config;
        this.factory = new JdkHttpClientFactory() {
            @Override
            protected java.net.http.HttpClient.Builder createNewHttpClientBuilder() {
                return java.net.http.HttpClient.newBuilder().executor(executor);
            }
        };
    }

    /** Makes the client; connects to nothing. */
    HttpClient client() throws IOException, GeneralSecurityException {
        HttpClient.Builder builder = factory.newBuilder();
        if (isPlain()) {
            builder.followAllRedirects();
            builder.tag(config.getRequestConfig());
            builder.connectTimeout(config.getConnectionTimeout(), TimeUnit.MILLISECONDS);
            builder.sslContext(SSLUtils.keyManagers(config), trusted());
            HttpClientUtils.createApplicableInterceptors(config, factory).forEach(builder::addOrReplaceInterceptor);
        } else {
            HttpClientUtils.applyCommonConfiguration(config, builder, factory);
            builder.sslContext(SSLUtils.keyManagers(config), trusted());
        }
        return builder.build();
    }

    /** Whether there is neither a proxy in between nor another name of the server. */
    private boolean isPlain() {
        return config.getHttpProxy() == null && config.getHttpsProxy() == null && config.getTlsServerName() == null;
    }

    private TrustManager[] trusted() throws IOException, GeneralSecurityException {
        return config.isTrustCerts() ? SSLUtils.trustManagers(config) : CertificateAuthority.trusted(config);
    }
}
