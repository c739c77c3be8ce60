// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.EffectiveConfig;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.health.HealthState;
import dev.sluice.daemon.otherproxy.KubeProxyPages;
import dev.sluice.daemon.otherproxy.ProxyTurn;
import dev.sluice.daemon.otherproxy.RunningKubeProxy;
import dev.sluice.daemon.restart.ConfigFileWatch;
import dev.sluice.daemon.restart.ConfigStatus;
import dev.sluice.daemon.start.AotCacheCheck;
import dev.sluice.daemon.start.DaemonPages;
import dev.sluice.daemon.start.OpenResources;
import dev.sluice.daemon.start.Preparation;
import dev.sluice.daemon.start.Prepared;
import dev.sluice.daemon.start.Privileges;
import dev.sluice.daemon.start.ProxyStartup;
import dev.sluice.daemon.watchdog.ProcessHeap;
import dev.sluice.daemon.watchdog.ThreadWatchdog;
import dev.sluice.linux.host.LinuxHost;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon from its start to its end. A signal ends it; what it wrote stays in the kernel, so that traffic continues
 * without it.
 */
final class Daemon {
    private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

    private final Settings settings;
    private final EffectiveConfig effective;
    private final Optional<Path> configFile;
    private final boolean takeOver;
    private final LinuxHost host;
    private final List<ProxyModule> modules;
    private final ConfigFileWatch.Check check;
    private final ProcessHeap heap = new ProcessHeap();
    private final HealthState health;
    private final OpenResources resources = new OpenResources();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean started;
    private volatile int exitCode;

    /**
     * A daemon that is not started.
     *
     * @param configFile the file that {@code settings} were read from, to be watched
     * @param check judges that file when it has changed
     * @param takeOver whether to go on beside a running kube-proxy
     * @param modules of every mode
     */
    Daemon(
            Settings settings,
            EffectiveConfig effective,
            Optional<Path> configFile,
            ConfigFileWatch.Check check,
            boolean takeOver,
            LinuxHost host,
            List<ProxyModule> modules) {
        this.settings = settings;
        this.effective = effective;
        this.configFile = configFile;
        this.check = check;
        this.takeOver = takeOver;
        this.host = host;
        this.modules = List.copyOf(modules);
        Duration retry = settings.syncPeriods().retry();
        health = new HealthState(InstantSource.system(), retry.plus(retry));
        if (settings.manifests().isPresent()) {
            health.nodeIsOptional();
        }
    }

    /** Runs until a signal ends the process (exit code 0), or what it was started with has changed (1). */
    int run() throws ConfigException {
        return attempt(() -> {
            Privileges.require();
            // opened first, so closed last: the lock is held until nothing of this process runs
            ProxyTurn turn = resources.keep(new ProxyTurn(
                    settings.module().mode().flagValue(), new RunningKubeProxy(KubeProxyPages.of(settings)), takeOver));
            health.add(resources.keep(ThreadWatchdog.start(heap::look)));
            Optional<ConfigStatus> config = watchConfigFile();
            config.ifPresent(health::add);
            turn.await(settings.healthz());
            DaemonPages pages = new DaemonPages(settings, effective, health, resources);
            Prepared prepared = preparation((metrics, events) -> {
                        config.ifPresent(metrics::configuration);
                        if (!turn.takesOver()) {
                            pages.listen(metrics, events);
                        }
                    })
                    .run();
            new ProxyStartup(settings, host, prepared, resources, health, pages, heap)
                    .start(modules, resources.exclusive(turn.lock()), this::restart);
            started = true;
            AotCacheCheck.problem().ifPresent(LOG::warn);
            stopped.await();
        });
    }

    /**
     * {@code --init-only}: the part of a start that needs more privileges than running does, and nothing else. Takes no
     * lock, since the daemon that this prepares the node for may find its predecessor running.
     */
    int initOnly() throws ConfigException {
        return attempt(() -> {
            Prepared prepared = preparation((metrics, events) -> {}).run();
            prepared.mode().module().initOnly();
            LOG.info("the kernel parameters are set, for {}; no rule was written", prepared.families());
            close();
        });
    }

    private Preparation preparation(Preparation.Pages pages) {
        return new Preparation(settings, host, modules, resources, health, pages);
    }

    private interface Work {
        void run() throws ConfigException, HostException, InterruptedException;
    }

    private int attempt(Work work) throws ConfigException {
        Runtime.getRuntime().addShutdownHook(SupervisedThread.task("sluice-shutdown", this::ending));
        try {
            work.run();
            return exitCode;
        } catch (HostException e) {
            close();
            throw new ConfigException(List.of(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            return 1;
        } catch (ConfigException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private Optional<ConfigStatus> watchConfigFile() throws ConfigException {
        if (configFile.isEmpty()) {
            return Optional.empty();
        }
        Path file = configFile.get();
        try {
            return Optional.of(resources
                    .keep(new ConfigFileWatch(file, check, () -> restart(file + " has changed")))
                    .status());
        } catch (IOException e) {
            throw new ConfigException(List.of(file + " cannot be watched: " + e));
        }
    }

    /** Ends the process so that its supervisor starts it again. */
    private void restart(String reason) {
        LOG.error("{}; exiting, to be started again with that", reason);
        exitCode = 1;
        // not on the sync thread, which close() waits for
        SupervisedThread.vital("sluice-end", this::close).start();
    }

    /** The process ends by a signal, or has ended its work. */
    private void ending() {
        if (started) {
            close();
        } else {
            host.stopTools();
        }
    }

    /** Closes everything, the last opened first; the kernel keeps what was written. */
    private void close() {
        host.stopTools(); // the sync thread may wait for one
        resources.close();
        stopped.countDown();
    }
}
