// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.ClusterSource;
import dev.sluice.core.thread.Progress;
import dev.sluice.core.thread.SupervisedThread;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of manifests as the source: every {@code .yaml}, {@code .yml} and {@code .json} file directly in it,
 * except hidden ones. Changes are noticed within a fraction of a second. If a file has an error, its last good version
 * stays in force; if a file is deleted, so are its objects.
 */
public final class ManifestSource implements ClusterSource {
    private static final Logger LOG = LoggerFactory.getLogger(ManifestSource.class);
    private static final int MAX_QUIETS = 10;
    private static final Duration HANGS = Duration.ofMinutes(5);

    private final Path directory;
    private final String nodeName;
    private final WatchTiming timing;
    private @Nullable Thread thread;

    /**
     * Creates a source; {@link #start} starts it.
     *
     * @param nodeName the Node that is delivered, if a manifest defines it
     * @throws IllegalArgumentException when {@code directory} is not a readable directory
     */
    public ManifestSource(Path directory, String nodeName) {
        this(directory, nodeName, WatchTiming.STANDARD);
    }

    ManifestSource(Path directory, String nodeName, WatchTiming timing) {
        if (!Files.isDirectory(directory)) {
            String what = Files.exists(directory) ? " is not a directory" : " does not exist";
            throw new IllegalArgumentException("the manifest directory " + directory + what + ": check --manifests");
        }
        if (!Files.isReadable(directory)) {
            throw new IllegalArgumentException(
                    "the manifest directory " + directory + " cannot be read: check its permissions");
        }
        this.directory = directory;
        this.nodeName = nodeName;
        this.timing = timing;
    }

    @Override
    public synchronized void start(ClusterListener listener) {
        if (thread != null) {
            throw new IllegalStateException("started twice");
        }
        ManifestDirectory manifests = new ManifestDirectory(directory, timing);
        DeltaDelivery delivery = new DeltaDelivery(listener, nodeName);
        thread = SupervisedThread.restarting("manifests", () -> watch(manifests, delivery));
        thread.start();
    }

    @Override
    public void close() {
        Thread started;
        synchronized (this) {
            started = thread;
        }
        if (started == null || started == Thread.currentThread()) {
            return;
        }
        started.interrupt();
        try {
            started.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void watch(ManifestDirectory manifests, DeltaDelivery delivery) throws InterruptedException {
        LOG.atInfo().addKeyValue("path", directory).log("Reading manifests");
        try (DirectoryWatch watch = new DirectoryWatch(directory)) {
            while (!Thread.currentThread().isInterrupted()) {
                watch.renew(); // before the scan, so that no change falls between the two
                update(manifests, delivery);
                long wait = manifests.isUnsettled()
                        ? timing.grace().toNanos()
                        : timing.rescan().toNanos();
                if (watch.await(Math.min(wait, timing.rescan().toNanos()))) {
                    awaitQuiet(watch);
                }
            }
        }
    }

    /** Waits until the files have not changed for a moment, but not forever. */
    private void awaitQuiet(DirectoryWatch watch) throws InterruptedException {
        long quiet = timing.quiet().toNanos();
        long end = System.nanoTime() + MAX_QUIETS * quiet;
        while (watch.await(quiet) && System.nanoTime() - end < 0) {
            LOG.trace("Manifests in {} are still being written", directory);
        }
    }

    private void update(ManifestDirectory manifests, DeltaDelivery delivery) {
        try (Progress _ = Progress.begin(Progress.Need.VITAL, "reading the manifests in " + directory, HANGS)) {
            if (manifests.scan(System.nanoTime()) || !delivery.isUpToDate()) {
                List<Problem> problems = new ArrayList<>();
                Map<ObjectRef, ManifestObject> objects = manifests.objects(problems);
                delivery.deliver(objects, problems);
            }
        }
    }
}
