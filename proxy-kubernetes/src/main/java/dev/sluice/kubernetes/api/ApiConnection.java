// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.kubernetes.read.StringPool;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.cfg.ContextAttributes;
import tools.jackson.databind.json.JsonMapper;

/** A connection to an API server, shared by the source and the Events. Opening it sends nothing yet. */
public final class ApiConnection implements AutoCloseable {
    private static final int WARM_UP_SECONDS = 5;

    private final KubernetesClient client;
    private final ExecutorService executor;
    private final ConnectionLog log;

    private ApiConnection(KubernetesClient client, ExecutorService executor, ConnectionLog log) {
        this.client = client;
        this.executor = executor;
        this.log = log;
    }

    /**
     * Opens a connection.
     *
     * @throws ApiConfigException when the kubeconfig, the URL or the service account is unusable
     */
    public static ApiConnection open(ApiOptions options) throws ApiConfigException {
        Config config = config(options);
        config.setUserAgent(options.userAgent());
        ExecutorService executor = SupervisedThread.pool("api-");
        ConnectionLog log = new ConnectionLog();
        try {
            KubernetesClient client = new KubernetesClientBuilder()
                    .withConfig(config)
                    .withHttpClientFactory(new JdkHttpClientFactory())
                    .withHttpClientBuilderConsumer(builder -> builder.addOrReplaceInterceptor("connection-log", log))
                    .withKubernetesSerialization(serialization())
                    .withTaskExecutor(executor)
                    .build();
            return new ApiConnection(client, executor, log);
        } catch (KubernetesClientException | IllegalArgumentException e) {
            executor.shutdownNow();
            throw new ApiConfigException(
                    "the connection to the API server " + config.getMasterUrl() + " cannot be set up: " + reason(e), e);
        }
    }

    /** The server's URL. */
    public String server() {
        return client.getMasterUrl().toString();
    }

    KubernetesClient client() {
        return client;
    }

    /**
     * Opens the connection with a small request. Completes when that is answered or fails, within a few seconds.
     *
     * <p>The JDK's client keeps the answer to the request that opened a connection for as long as the connection lives.
     * To a server that speaks HTTP/2 there is one for everything, so the first answer must not be a list of
     * megabytes.
     */
    CompletableFuture<Void> warmedUp() {
        HttpClient http = client.getHttpClient();
        HttpRequest request = http.newHttpRequestBuilder()
                .uri(URI.create(server()).resolve(ConnectionLog.WARM_UP_PATH))
                .build();
        return http.sendAsync(request, byte[].class)
                .orTimeout(WARM_UP_SECONDS, TimeUnit.SECONDS)
                .handleAsync((answer, failure) -> null, executor);
    }

    /** Ends the connection and everything that still uses it. */
    @Override
    public void close() {
        log.end();
        client.close();
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

    /** Knows the watched kinds and no other: fabric8's own model classes are never loaded for them. */
    private static KubernetesSerialization serialization() {
        JsonMapper mapper = JsonMapper.builder()
                .defaultAttributes(ContextAttributes.getEmpty().withSharedAttribute(StringPool.class, new StringPool()))
                .build();
        KubernetesSerialization serialization = new KubernetesSerialization(mapper, false);
        serialization.registerKubernetesResource(ServiceResource.class);
        serialization.registerKubernetesResource(EndpointSliceResource.class);
        serialization.registerKubernetesResource(NodeResource.class);
        serialization.registerKubernetesResource(Status.class);
        return serialization;
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }
}
