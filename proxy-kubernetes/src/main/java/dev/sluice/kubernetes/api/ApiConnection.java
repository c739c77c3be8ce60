// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.kubernetes.api.reflector.ApiFailure;
import dev.sluice.kubernetes.api.reflector.ApiTiming;
import io.fabric8.kubernetes.client.Config;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection to an API server, shared by the source and the Events. Opening it sends nothing yet. */
public final class ApiConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiConnection.class);

    private final ApiOptions options;
    private final ApiTiming timing;
    private final ApiObserver observer;
    private final ExecutorService executor;
    private final ConnectionLog log;
    private final ApiRequests requests = new ApiRequests(this);
    private volatile ApiClient client;
    private volatile WatchedFiles tried;
    private volatile String warned = "";

    private ApiConnection(
            ApiOptions options, ApiTiming timing, ApiObserver observer, ExecutorService executor, ApiClient client) {
        this.options = options;
        this.timing = timing;
        this.observer = observer;
        this.executor = executor;
        this.client = client;
        this.tried = client.files();
        this.log = new ConnectionLog(client.server().replaceFirst("/$", ""), timing.reminder(), this::certificateHint);
        certificateChanged();
    }

    /** Opens a connection that nobody observes. */
    public static ApiConnection open(ApiOptions options) throws ApiConfigException {
        return open(options, new ApiObserver() {});
    }

    /**
     * Opens a connection.
     *
     * @throws ApiConfigException when the kubeconfig, the URL or the service account is unusable
     */
    public static ApiConnection open(ApiOptions options, ApiObserver observer) throws ApiConfigException {
        return open(options, observer, ApiTiming.OF_A_DAEMON);
    }

    static ApiConnection open(ApiOptions options, ApiObserver observer, ApiTiming timing) throws ApiConfigException {
        Config config = config(options);
        requireToken(config);
        ExecutorService executor = SupervisedThread.pool("api-");
        try {
            return new ApiConnection(
                    options, timing, observer, executor, ApiClient.of(options, config, timing, executor));
        } catch (ApiConfigException | RuntimeException e) {
            executor.shutdownNow();
            throw e;
        }
    }

    /** The server's URL. */
    public String server() {
        return client.server();
    }

    /** The SHA-256 of the certificate authority's file, in hex; empty without one. */
    public String authority() {
        return client.authority();
    }

    ApiTiming timing() {
        return timing;
    }

    ApiObserver observer() {
        return observer;
    }

    ConnectionLog log() {
        return log;
    }

    ApiRequests requests() {
        return requests;
    }

    /** The client in use, made anew when the files that it was made from have changed. */
    ApiClient client() {
        ApiClient now = client;
        WatchedFiles files = now.filesNow();
        if (!files.equals(tried)) {
            replace(now, "the credentials' files have changed", files);
        }
        warnOfCertificate();
        return client;
    }

    /** Gives up the connections of a client that has not been heard of since {@code nanos}. */
    void giveUp(ApiClient dead, long nanos) {
        if (dead.lastHeard() - nanos < 0) {
            replace(dead, "the server has fallen silent", tried);
        }
    }

    private synchronized void replace(ApiClient old, String why, WatchedFiles files) {
        if (client != old) {
            return;
        }
        tried = files;
        try {
            Config config = config(options);
            requireToken(config);
            client = ApiClient.of(options, config, timing, executor);
            LOG.debug("new connections: {}", why);
            certificateChanged();
            observer.credentialsKept("");
            old.giveUp();
        } catch (ApiConfigException e) {
            observer.credentialsKept(String.valueOf(e.getMessage()));
            LOG.atWarn()
                    .addKeyValue("cause", e.getMessage())
                    .log("The credentials cannot be loaded anew, those in use stay");
        }
    }

    private void certificateChanged() {
        observer.certificate(client.certificate());
        warnOfCertificate();
    }

    private void warnOfCertificate() {
        String now = certificateHint();
        if (!now.equals(warned) && !now.isEmpty()) {
            LOG.warn("API server: {}", now);
        }
        warned = now;
    }

    private String certificateHint() {
        return client.certificate().map(found -> found.warning(Instant.now())).orElse("");
    }

    /** Ends the connection and everything that still uses it. */
    @Override
    public void close() {
        log.end();
        client.giveUp();
        executor.shutdownNow();
    }

    private static Config config(ApiOptions options) throws ApiConfigException {
        if (options.kubeconfig() == null && options.master().isEmpty()) {
            return InClusterConfig.config();
        }
        Config config = options.kubeconfig() == null ? Config.empty() : Kubeconfig.read(options.kubeconfig());
        if (!options.master().isEmpty()) {
            config.setMasterUrl(options.master());
        }
        return config;
    }

    private static void requireToken(Config config) throws ApiConfigException {
        if (config.getOauthTokenProvider() instanceof TokenFile token) {
            try {
                token.require();
            } catch (ApiFailure e) {
                throw new ApiConfigException(e.getMessage(), e);
            }
        }
    }
}
