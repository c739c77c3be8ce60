// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.source.ClusterSource;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.metrics.MetricsPage;
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
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The source of the cluster's objects and the sink of Events: an API server, or a directory of manifests and no sink.
 */
public final class ClusterConnection implements AutoCloseable {
    private final ClusterSource source;
    private final EventSink events;
    private final String description;
    private final @Nullable ApiConnection connection;
    private final Supplier<Optional<Instant>> snapshotInUse;

    private ClusterConnection(
            ClusterSource source,
            EventSink events,
            String description,
            @Nullable ApiConnection connection,
            Supplier<Optional<Instant>> snapshotInUse) {
        this.source = source;
        this.events = events;
        this.description = description;
        this.connection = connection;
        this.snapshotInUse = snapshotInUse;
    }

    /**
     * @param module of the mode, which says what of the cluster it needs
     * @param observer is told how the connection to an API server fares
     * @param metrics measures the snapshot
     */
    static ClusterConnection open(
            Settings settings, String nodeName, ProxyModule module, ApiObserver observer, MetricsPage metrics)
            throws ConfigException {
        return settings.manifests().isPresent()
                ? ofManifests(settings.manifests().get(), nodeName)
                : ofApiServer(settings, nodeName, module, observer, metrics);
    }

    private static ClusterConnection ofManifests(Path directory, String nodeName) throws ConfigException {
        if (!Files.isDirectory(directory)) {
            throw new ConfigException(List.of("--manifests: " + directory + " is not a directory"));
        }
        return new ClusterConnection(
                new ManifestSource(directory, nodeName),
                EventSink.none(),
                "the manifests in " + directory,
                null,
                Optional::empty);
    }

    private static ClusterConnection ofApiServer(
            Settings settings, String nodeName, ProxyModule module, ApiObserver observer, MetricsPage metrics)
            throws ConfigException {
        try {
            ApiConnection connection = ApiConnection.open(
                    new ApiOptions(settings.kubeconfig().orElse(null), settings.master(), "sluice/" + Version.text()),
                    observer);
            ApiServerSource api =
                    new ApiServerSource(connection, nodeName, module.bindsAddresses(), module.usesServiceRanges());
            Optional<SnapshotUse> snapshot =
                    settings.stateDir().map(directory -> new SnapshotUse(directory, metrics.snapshots()));
            return new ClusterConnection(
                    snapshot.isPresent() ? snapshot.get().source(api, connection, nodeName) : api,
                    new ApiEventSink(connection, nodeName),
                    "the API server " + connection.server(),
                    connection,
                    () -> snapshot.flatMap(SnapshotUse::since));
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

    /** The time of the snapshot that objects are taken from, because the API server has not delivered them. */
    public Optional<Instant> snapshotInUse() {
        return snapshotInUse.get();
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
