// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.EffectiveConfig;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.explain.ExplainPage;
import dev.sluice.daemon.health.HealthState;
import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.Request;
import dev.sluice.daemon.metrics.MetricsPage;
import dev.sluice.kubernetes.EventSink;
import org.jspecify.annotations.Nullable;

/**
 * The daemon's pages from the moment on at which their ports can be had: before the node is known, so that one who
 * looks finds out what the process waits for, or after the predecessor that has the ports has handed them over.
 */
public final class DaemonPages {
    private final Settings settings;
    private final EffectiveConfig effective;
    private final HealthState health;
    private final OpenResources resources;
    private volatile @Nullable ExplainPage explain;
    private boolean listening;

    /** @param resources receives the servers */
    public DaemonPages(Settings settings, EffectiveConfig effective, HealthState health, OpenResources resources) {
        this.settings = settings;
        this.effective = effective;
        this.health = health;
        this.resources = resources;
    }

    /**
     * Listens, unless it does already.
     *
     * @param events where a port that cannot be bound is reported
     * @throws ConfigException when an address cannot be bound and {@code --bind-address-hard-fail} is set
     */
    public synchronized void listen(MetricsPage metrics, EventSink events) throws ConfigException {
        if (listening) {
            return;
        }
        listening = true;
        metrics.problems(health);
        DaemonServers servers = new DaemonServers(settings, events, resources::keepExclusive);
        servers.serveHealth(health, metrics);
        servers.serveMetrics(metrics, effective, this::explain);
    }

    /** There are rules to explain from now on. */
    public void explainWith(ExplainPage page) {
        explain = page;
    }

    private Page explain(Request request) {
        ExplainPage page = explain;
        return page == null ? Page.busy("the rules are not known yet: see /healthz") : page.answer(request);
    }
}
