package dev.sluice.daemon;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.traffic.TrafficCounters;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.NetlinkIpSets;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.route.NetlinkLinks;
import dev.sluice.linux.socket.ResourceLimits;
import dev.sluice.userspace.UserspaceBackend;
import dev.sluice.userspace.UserspaceTrafficCounters;
import dev.sluice.userspace.engine.EngineCounters;
import dev.sluice.userspace.engine.EngineOptions;
import dev.sluice.userspace.engine.UserspaceEngine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Userspace mode's backends with the engine that they share, from its start until its connections are drained. */
final class UserspaceMode {
    private static final Logger log = LoggerFactory.getLogger(UserspaceMode.class);

    /** How long clients are kept waiting for the next process. */
    private static final Duration PAUSE = Duration.ofSeconds(30);

    /** What the kernel allows at most unless told otherwise (fs.nr_open). */
    private static final long OPEN_FILES = 1 << 20;

    private static final long FEW_OPEN_FILES = 1024;

    private final List<UserspaceBackend> backends = new ArrayList<>();
    private volatile boolean retired;
    private @Nullable UserspaceEngine engine;

    UserspaceBackend open(BackendConfig config, Iptables iptables) throws KernelException {
        UserspaceBackend backend =
                new UserspaceBackend(config, engine(config), iptables, NetlinkIpSets.open(), NetlinkLinks.open());
        backends.add(backend);
        return backend;
    }

    private UserspaceEngine engine(BackendConfig config) {
        UserspaceEngine present = engine;
        if (present == null) {
            present = new UserspaceEngine(EngineOptions.of(config.userspace()).withinOpenFiles(openFiles()));
            engine = present;
        }
        return present;
    }

    /** How many descriptors this process may have, once that is raised as far as it goes. */
    private static long openFiles() {
        try {
            long limit = ResourceLimits.raiseOpenFiles(OPEN_FILES);
            log.info("room for {} open files", limit);
            return limit;
        } catch (NetlinkException e) {
            log.warn("{}; assuming room for {}", e.getMessage(), FEW_OPEN_FILES);
            return FEW_OPEN_FILES;
        }
    }

    /** What the proxy has carried; empty in the other modes. */
    Optional<EngineCounters> counters() {
        return Optional.ofNullable(engine).map(UserspaceEngine::counters);
    }

    TrafficCounters traffic() {
        return new UserspaceTrafficCounters(backends);
    }

    /**
     * Another process in userspace mode has new connections led to itself: stops listening, once those that were on their way here have
     * arrived. What is open goes on; the rules are the other's.
     */
    void retire() {
        retired = true;
        UserspaceEngine running = engine;
        if (running == null) {
            return;
        }
        try {
            TimeUnit.SECONDS.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        backends.forEach(backend -> running.stopListening(backend.family()));
    }

    /** Lets open connections go on for the drain time, with new ones waiting for the next process. */
    void drain() {
        UserspaceEngine running = engine;
        if (running != null) {
            drain(running);
        }
    }

    private void pauseNewConnections() {
        if (retired) {
            return;
        }
        for (UserspaceBackend backend : backends) {
            try {
                backend.pauseNewConnections(Instant.now().plus(PAUSE));
            } catch (SyncException e) {
                log.warn("{}; they are refused until the next start", e.getMessage());
            }
        }
    }

    private void drain(UserspaceEngine engine) {
        Duration limit = engine.options().userspace().drainTimeout();
        long open = engine.counters().connectionsActive();
        if (open > 0) {
            log.info("waiting up to {} seconds for {} open connections", limit.toSeconds(), open);
        }
        try {
            long reset = engine.drain(limit, this::pauseNewConnections);
            if (reset > 0) {
                log.warn("{} connections were still open after {} seconds and were reset", reset, limit.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            engine.close();
        }
    }
}
