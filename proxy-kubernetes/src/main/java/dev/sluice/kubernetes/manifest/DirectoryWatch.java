// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's notifications about one directory (inotify). They only shorten the wait for the next scan: without them,
 * each wait takes its full time.
 */
final class DirectoryWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DirectoryWatch.class);

    private final Path directory;
    private @Nullable WatchService service;
    private @Nullable WatchKey key;
    private @Nullable Object inode;

    DirectoryWatch(Path directory) {
        this.directory = directory;
        try {
            this.service = directory.getFileSystem().newWatchService();
        } catch (IOException | UnsupportedOperationException e) {
            LOG.atWarn()
                    .addKeyValue("path", directory)
                    .addKeyValue("cause", e)
                    .log("The kernel does not report changes; the directory is scanned every few seconds");
        }
    }

    /** Watches the directory that has the path now, in case it was replaced. */
    void renew() {
        if (service == null) {
            return;
        }
        try {
            Object current =
                    Files.readAttributes(directory, BasicFileAttributes.class).fileKey();
            if (key != null && key.isValid() && Objects.equals(current, inode)) {
                return;
            }
            if (key != null) {
                key.cancel();
            }
            key = directory.register(
                    service,
                    StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_MODIFY,
                    StandardWatchEventKinds.ENTRY_DELETE);
            inode = current;
        } catch (IOException e) {
            LOG.debug("{} cannot be watched: {}", directory, e.toString());
        }
    }

    /** Waits for a notification, at most {@code nanos}; returns whether there was one. */
    boolean await(long nanos) throws InterruptedException {
        if (service == null) {
            TimeUnit.NANOSECONDS.sleep(nanos);
            return false;
        }
        WatchKey notified = service.poll(nanos, TimeUnit.NANOSECONDS);
        if (notified == null) {
            return false;
        }
        notified.pollEvents();
        notified.reset();
        return true;
    }

    @Override
    public void close() {
        if (service == null) {
            return;
        }
        try {
            service.close();
        } catch (IOException e) {
            LOG.debug("The watch on {} cannot be closed", directory, e);
        }
    }
}
