// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.restart;

import dev.sluice.core.thread.Progress;
import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.kubernetes.read.UserFile;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A watch for changes of the configuration file since the start. The content counts: kube-proxy exits at any write of
 * the file, but misses changes of a ConfigMap that is mounted as a volume, where a link above the file is replaced. A
 * content that the process could not start with is refused, and the one in use stays.
 */
public final class ConfigFileWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigFileWatch.class);
    private static final Duration LOOK_ANYWAY = Duration.ofSeconds(10);
    private static final Duration SETTLE = Duration.ofMillis(300);

    private static final Duration HANGS = Duration.ofMinutes(5);

    private final Path file;
    private final byte[] atStart;
    private final Check check;
    private final Runnable onChange;
    private final WatchService watches;
    private final ConfigStatus status;
    private byte[] judged;

    /** Judges the file as it is now. */
    @FunctionalInterface
    public interface Check {
        /** @throws ConfigException when the process could not start with it */
        void run() throws ConfigException;
    }

    /**
     * Watches from now on.
     *
     * @param onChange runs once, on the watch's thread, when there is another content that passes {@code check}
     */
    public ConfigFileWatch(Path file, Check check, Runnable onChange) throws IOException {
        this.file = file.toAbsolutePath();
        this.onChange = onChange;
        this.check = check;
        atStart = UserFile.read(this.file);
        judged = atStart;
        status = new ConfigStatus(this.file, atStart, InstantSource.system());
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

    /** What is in use, and what was refused. */
    public ConfigStatus status() {
        return status;
    }

    private void run() throws InterruptedException {
        try {
            while (!isToBeUsed()) {
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

    private boolean isToBeUsed() throws InterruptedException {
        try (Progress _ = Progress.begin(Progress.Need.USEFUL, "reading " + file, HANGS)) {
            byte[] now = settled();
            return now != null && !Arrays.equals(now, judged) && judge(now);
        }
    }

    /** The file's content once it has stopped changing: editors write in steps. Null while there is none. */
    private byte @Nullable [] settled() throws InterruptedException {
        byte[] now = content();
        while (now != null && !Arrays.equals(now, judged)) {
            Thread.sleep(SETTLE);
            byte[] later = content();
            if (Arrays.equals(now, later)) {
                return now;
            }
            now = later;
        }
        return now;
    }

    private boolean judge(byte[] content) {
        if (Arrays.equals(content, atStart)) {
            LOG.atInfo().addKeyValue("path", file).log("the configuration file is again as it was at the start");
            status.restored();
            judged = content;
            return false;
        }
        try {
            check.run();
            return true;
        } catch (ConfigException e) {
            String reasons = String.join("; ", e.reasons());
            LOG.atError()
                    .addKeyValue("path", file)
                    .addKeyValue("cause", reasons)
                    .log("the configuration file has changed, and is refused. What was read at the start stays in use");
            status.refused(reasons);
            judged = content;
            return false;
        }
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
