// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/** The open connections of a server, the one that has been idle longest first. Only the loop's thread changes it. */
final class ConnectionTable {
    private final HttpLimits limits;
    private final LinkedHashSet<HttpConnection> connections = new LinkedHashSet<>();
    private volatile int size;
    private long unsent;

    ConnectionTable(HttpLimits limits) {
        this.limits = limits;
    }

    /** How many are open; for any thread. */
    int size() {
        return size;
    }

    /** Makes room for one more by closing the one that has been idle longest. Returns whether there is room. */
    boolean makeRoom() {
        return connections.size() < limits.connections() || evict();
    }

    /** Closes the connection that has been idle longest, unless all wait for their pages. */
    boolean evict() {
        Optional<HttpConnection> oldest =
                connections.stream().filter(HttpConnection::isEvictable).findFirst();
        oldest.ifPresent(HttpConnection::close);
        return oldest.isPresent();
    }

    void add(HttpConnection connection) {
        connections.addLast(connection);
        size = connections.size();
    }

    /** Something was read from it or written to it. */
    void touch(HttpConnection connection) {
        connections.addLast(connection);
    }

    void remove(HttpConnection connection) {
        connections.remove(connection);
        size = connections.size();
    }

    /**
     * Counts {@code bytes} that a client is to read, or has read if negative. Where they exceed the limit, closes the
     * connections of others that have not read theirs for longest.
     */
    void unsent(HttpConnection connection, long bytes) {
        unsent += bytes;
        if (bytes <= 0 || unsent <= limits.unsentBytes()) {
            return;
        }
        Iterator<HttpConnection> waiting = List.copyOf(connections).iterator();
        while (unsent > limits.unsentBytes() && waiting.hasNext()) {
            HttpConnection other = waiting.next();
            if (other != connection && other.isWriting()) {
                other.close();
            }
        }
    }

    /** Ends what is over its deadline. */
    void expire(long now) {
        List.copyOf(connections).forEach(connection -> connection.expire(now));
    }
}
