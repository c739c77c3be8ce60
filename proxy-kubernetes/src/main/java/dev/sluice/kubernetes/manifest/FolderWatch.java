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
 * The kernel's announcements about one directory. They are a hint that saves waiting, no more: when they cannot be had,
 * waiting for one takes the whole time.
 */
final class FolderWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FolderWatch.class);

    private final Path directory;
    private @Nullable WatchService service;
    private @Nullable WatchKey key;
    private @Nullable Object inode;

    FolderWatch(Path directory) {
        this.directory = directory;
        try {
            this.service = directory.getFileSystem().newWatchService();
        } catch (IOException | UnsupportedOperationException e) {
            LOG.warn("Changes in {} are not announced ({}); they are found by looking every few seconds", directory, e);
        }
    }

    /** Watches the directory that has the name now, which may have been replaced. */
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

    /** Waits for an announcement, {@code nanos} at most; answers whether there was one. */
    boolean await(long nanos) throws InterruptedException {
        if (service == null) {
            TimeUnit.NANOSECONDS.sleep(nanos);
            return false;
        }
        WatchKey announced = service.poll(nanos, TimeUnit.NANOSECONDS);
        if (announced == null) {
            return false;
        }
        announced.pollEvents();
        announced.reset();
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
