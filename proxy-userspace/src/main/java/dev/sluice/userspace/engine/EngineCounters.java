// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

/** The counters of the engine since it started; all but the active ones only grow. */
public interface EngineCounters {

    /** TCP connections accepted from clients. */
    long connectionsAccepted();

    /** TCP connections whose client is still connected. */
    long connectionsActive();

    /** Accepted connections that were reset because no endpoint accepted them, or because they belong to no Service. */
    long connectionsRefused();

    /** Connect attempts after the first of a connection. */
    long connectRetries();

    /** TCP connections that were spliced: the kernel moves their bytes. */
    long connectionsSpliced();

    /** UDP flows (a client address and port at one service port) opened. */
    long flowsOpened();

    long flowsActive();

    /** Datagrams dropped: no endpoint, too many flows, or a full socket buffer. */
    long datagramsDropped();

    /** Health checks of endpoints that were begun. */
    long healthChecks();

    /** Endpoints that are checked at present. */
    long endpointsChecked();

    /** Bytes sent to endpoints, TCP and UDP. */
    long bytesToEndpoints();

    /** Bytes sent to clients, TCP and UDP. */
    long bytesToClients();

    /** The times until endpoints accepted TCP connections. */
    ConnectTimes connectTimes();
}
