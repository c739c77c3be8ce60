package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.ClusterSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of manifests as the source: every {@code .yaml}, {@code .yml} and {@code .json} file directly in it, except
 * hidden ones. Changes are noticed within a fraction of a second. Of a file with a mistake the last good version stays in
 * force; a deleted file takes its objects with it.
 */
public final class ManifestSource implements ClusterSource {
    private static final Logger LOG = LoggerFactory.getLogger(ManifestSource.class);
    private static final int MOST_QUIETS = 10;

    private final Path directory;
    private final String nodeName;
    private final Pace pace;
    private @Nullable Thread thread;

    /**
     * A source that does not start yet.
     *
     * @param nodeName the Node that is delivered, if there is a manifest of it
     * @throws IllegalArgumentException when {@code directory} is no directory that can be read
     */
    public ManifestSource(Path directory, String nodeName) {
        this(directory, nodeName, Pace.STANDARD);
    }

    ManifestSource(Path directory, String nodeName, Pace pace) {
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
        this.pace = pace;
    }

    @Override
    public synchronized void start(ClusterListener listener) {
        if (thread != null) {
            throw new IllegalStateException("started twice");
        }
        thread = Thread.ofPlatform()
                .name("manifests")
                .daemon()
                .start(() -> watch(new ManifestFolder(directory, pace), new Delivery(listener, nodeName)));
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

    private void watch(ManifestFolder folder, Delivery delivery) {
        LOG.info("Reading manifests in {}", directory);
        try (FolderWatch watch = new FolderWatch(directory)) {
            while (!Thread.currentThread().isInterrupted()) {
                watch.renew(); // before the look, so that no change falls between the two
                update(folder, delivery);
                long wait = folder.isUnsettled()
                        ? pace.grace().toNanos()
                        : pace.rescan().toNanos();
                if (watch.await(Math.min(wait, pace.rescan().toNanos()))) {
                    awaitQuiet(watch);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("Manifests in {} are no longer read", directory);
        }
    }

    /** Waits until the files have not changed for a moment, but not for ever. */
    private void awaitQuiet(FolderWatch watch) throws InterruptedException {
        long quiet = pace.quiet().toNanos();
        long end = System.nanoTime() + MOST_QUIETS * quiet;
        while (watch.await(quiet) && System.nanoTime() - end < 0) {
            LOG.trace("Manifests in {} are still being written", directory);
        }
    }

    private void update(ManifestFolder folder, Delivery delivery) {
        try {
            if (folder.look(System.nanoTime()) || !delivery.isUpToDate()) {
                List<Problem> problems = new ArrayList<>();
                Map<ObjectRef, Wish> wishes = folder.wishes(problems);
                delivery.deliver(wishes, problems);
            }
        } catch (RuntimeException e) {
            LOG.error("Manifests in {} could not be delivered; it is tried again", directory, e);
        }
    }
}
