// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.mode.Handover;
import dev.sluice.linux.KernelException;
import dev.sluice.userspace.engine.UserspaceEngine;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the engine without cutting connections: it hands new ones over to a successor, or holds them, and
 * datagrams, until it starts.
 */
final class EngineDrain implements Handover {
    private static final Logger LOG = LoggerFactory.getLogger(EngineDrain.class);

    /** How long new connections are held for a successor. */
    private static final Duration HOLD = Duration.ofSeconds(30);

    /** How long connections that were led to this process may take to arrive. */
    private static final Duration ON_THE_WAY = Duration.ofSeconds(1);

    private final UserspaceEngine engine;
    private final List<UserspaceBackend> backends;
    private volatile boolean retired;

    EngineDrain(UserspaceEngine engine, List<UserspaceBackend> backends) {
        this.engine = engine;
        this.backends = List.copyOf(backends);
    }

    @Override
    public String name() {
        return "sluice-userspace";
    }

    /** Stops listening once the connections that were on their way here have arrived. The rules are the successor's. */
    @Override
    public void retire() {
        retired = true;
        try {
            TimeUnit.MILLISECONDS.sleep(ON_THE_WAY.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        backends.forEach(backend -> engine.stopListening(backend.family()));
    }

    /** Lets open connections go on for the drain timeout, and holds new ones for a successor. */
    void drain() {
        Duration limit = engine.options().userspace().drainTimeout();
        long open = engine.counters().connectionsActive();
        if (open > 0) {
            LOG.atInfo()
                    .addKeyValue("connections", open)
                    .addKeyValue("limit", limit)
                    .log("waiting for open connections");
        }
        try {
            long reset = engine.drain(limit, this::holdNewConnections, this::holdDatagrams);
            if (reset > 0) {
                LOG.atWarn()
                        .addKeyValue("connections", reset)
                        .addKeyValue("limit", limit)
                        .log("connections were still open and were reset");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            engine.close();
        }
    }

    private void holdNewConnections() {
        hold("New connections are refused until the next start", UserspaceBackend::holdNewConnections);
    }

    private void holdDatagrams() {
        hold("Datagrams are refused until the next start", UserspaceBackend::holdDatagrams);
    }

    private void hold(String otherwise, Holding holding) {
        if (retired) {
            return;
        }
        for (UserspaceBackend backend : backends) {
            try {
                holding.insert(backend, Instant.now().plus(HOLD));
            } catch (KernelException e) {
                LOG.atWarn()
                        .addKeyValue("family", backend.family())
                        .addKeyValue("cause", e.getMessage())
                        .log(otherwise);
            }
        }
    }

    private interface Holding {
        void insert(UserspaceBackend backend, Instant end) throws KernelException;
    }
}
