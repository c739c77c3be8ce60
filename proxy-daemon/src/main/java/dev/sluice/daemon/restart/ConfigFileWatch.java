// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.restart;

import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.kubernetes.read.UserFile;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A watch for changes of the configuration file since the start. The content counts: kube-proxy exits at any write of
 * the file, but misses changes of a ConfigMap that is mounted as a volume, where a link above the file is replaced.
 */
public final class ConfigFileWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigFileWatch.class);
    private static final Duration LOOK_ANYWAY = Duration.ofSeconds(10);
    private static final Duration SETTLE = Duration.ofMillis(300);

    private final Path file;
    private final byte[] atStart;
    private final Runnable onChange;
    private final WatchService watches;

    /**
     * Watches from now on.
     *
     * @param onChange runs once, on the watch's thread
     */
    public ConfigFileWatch(Path file, Runnable onChange) throws IOException {
        this.file = file.toAbsolutePath();
        this.onChange = onChange;
        atStart = UserFile.read(this.file);
        watches = this.file.getFileSystem().newWatchService();
        Path folder = this.file.getParent();
        if (folder != null) {
            folder.register(
                    watches,
                    StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_MODIFY,
                    StandardWatchEventKinds.ENTRY_DELETE);
        }
        SupervisedThread.restarting("sluice-config", this::run).start();
    }

    private void run() throws InterruptedException {
        try {
            while (!hasChanged()) {
                WatchKey key = watches.poll(LOOK_ANYWAY.toMillis(), TimeUnit.MILLISECONDS);
                if (key != null) {
                    key.pollEvents();
                    key.reset();
                }
            }
            onChange.run();
        } catch (ClosedWatchServiceException e) {
            LOG.debug("{} is not watched any more", file);
        }
    }

    /**
     * Whether the file's content differs, and has stopped changing: editors write in steps. A deleted file counts as
     * unchanged.
     */
    private boolean hasChanged() throws InterruptedException {
        byte[] now = content();
        while (now != null && !Arrays.equals(now, atStart)) {
            Thread.sleep(SETTLE);
            byte[] later = content();
            if (Arrays.equals(now, later)) {
                return true;
            }
            now = later;
        }
        return false;
    }

    private byte @Nullable [] content() {
        try {
            return UserFile.read(file);
        } catch (IOException e) {
            LOG.debug("{} cannot be read", file, e);
            return null;
        }
    }

    @Override
    public void close() {
        try {
            watches.close();
        } catch (IOException e) {
            LOG.debug("{}", file, e);
        }
    }
}
