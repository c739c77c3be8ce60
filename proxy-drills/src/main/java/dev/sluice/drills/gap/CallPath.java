// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.time.Duration;

/** A path of new connections: from a host to a service address, with the Pods that may answer there at present. */
final class CallPath {
    private final String service;
    private final LabHost from;
    private final IpAddress address;
    private final int port;
    private volatile Allowance allowance;
    private int underWay;
    private boolean closed;

    CallPath(String service, LabHost from, IpAddress address, int port, Allowance allowance) {
        this.service = service;
        this.from = from;
        this.address = address;
        this.port = port;
        this.allowance = allowance;
    }

    Allowance allowance() {
        return allowance;
    }

    void allow(Allowance next) {
        allowance = next;
    }

    Connection connect(Duration patience) throws IOException {
        return from.caller().waiting(patience).connect(address, port);
    }

    /** Whether one more connection may start; {@link #leave} must follow. */
    synchronized boolean enter() {
        if (closed) {
            return false;
        }
        underWay++;
        return true;
    }

    synchronized void leave() {
        underWay--;
        notifyAll();
    }

    /** Lets no further connection start, and waits until those under way have ended. */
    synchronized void close() throws InterruptedException {
        closed = true;
        while (underWay > 0) {
            wait();
        }
    }

    @Override
    public String toString() {
        return service + " from " + from.name() + " by " + address.withPort(port);
    }
}
