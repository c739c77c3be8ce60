// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The open resources of the daemon, closed at its end, the last opened first. */
public final class OpenResources implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenResources.class);

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final List<AutoCloseable> exclusive = new CopyOnWriteArrayList<>();

    /** Closes {@code resource} at the end. */
    public synchronized <T extends AutoCloseable> T keep(T resource) {
        opened.push(resource);
        return resource;
    }

    /** The same for what only one process of a node can hold, e.g. a port. */
    public <T extends AutoCloseable> T keepExclusive(T resource) {
        return keep(exclusive(resource));
    }

    /** The same for a resource that is kept already as a part of another one. */
    public <T extends AutoCloseable> T exclusive(T resource) {
        exclusive.add(resource);
        return resource;
    }

    /** Closes what a successor needs. */
    public void closeExclusive() {
        exclusive.forEach(OpenResources::close);
    }

    @Override
    public synchronized void close() {
        while (!opened.isEmpty()) {
            close(opened.pop());
        }
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            LOG.atWarn()
                    .addKeyValue("resource", resource)
                    .setCause(e)
                    .log("while stopping: something cannot be closed");
        }
    }
}
