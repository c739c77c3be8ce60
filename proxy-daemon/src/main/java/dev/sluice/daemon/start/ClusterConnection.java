// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.source.ClusterSource;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.Settings;
import dev.sluice.kubernetes.EventSink;
import dev.sluice.kubernetes.api.ApiConfigException;
import dev.sluice.kubernetes.api.ApiConnection;
import dev.sluice.kubernetes.api.ApiEventSink;
import dev.sluice.kubernetes.api.ApiObserver;
import dev.sluice.kubernetes.api.ApiOptions;
import dev.sluice.kubernetes.api.ApiServerSource;
import dev.sluice.kubernetes.manifest.ManifestSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The source of the cluster's objects and the sink of Events: an API server, or a directory of manifests and no sink.
 */
public final class ClusterConnection implements AutoCloseable {
    private final ClusterSource source;
    private final EventSink events;
    private final String description;
    private final @Nullable ApiConnection connection;

    private ClusterConnection(
            ClusterSource source, EventSink events, String description, @Nullable ApiConnection connection) {
        this.source = source;
        this.events = events;
        this.description = description;
        this.connection = connection;
    }

    /** @param api is told how the connection to an API server fares */
    static ClusterConnection open(Settings settings, String nodeName, ApiObserver api) throws ConfigException {
        return settings.manifests().isPresent()
                ? ofManifests(settings.manifests().get(), nodeName)
                : ofApiServer(settings, nodeName, api);
    }

    private static ClusterConnection ofManifests(Path directory, String nodeName) throws ConfigException {
        if (!Files.isDirectory(directory)) {
            throw new ConfigException(List.of("--manifests: " + directory + " is not a directory"));
        }
        return new ClusterConnection(
                new ManifestSource(directory, nodeName), EventSink.none(), "the manifests in " + directory, null);
    }

    private static ClusterConnection ofApiServer(Settings settings, String nodeName, ApiObserver observer)
            throws ConfigException {
        try {
            ApiConnection connection = ApiConnection.open(
                    new ApiOptions(settings.kubeconfig().orElse(null), settings.master(), "sluice/" + Version.text()),
                    observer);
            return new ClusterConnection(
                    new ApiServerSource(connection, nodeName),
                    new ApiEventSink(connection, nodeName),
                    "the API server " + connection.server(),
                    connection);
        } catch (ApiConfigException e) {
            throw new ConfigException(List.of(e.getMessage()));
        }
    }

    public ClusterSource source() {
        return source;
    }

    public EventSink events() {
        return events;
    }

    /** For the log. */
    public String description() {
        return description;
    }

    @Override
    public void close() {
        source.close();
        events.close();
        if (connection != null) {
            connection.close();
        }
    }
}
